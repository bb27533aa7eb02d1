import PluginKit
import PluginMessages

extension VultrAPI {
  /// The instance of that id, once its tag was read and is that attempt's; nil when it does not exist.
  ///
  /// Throws NAME_TAKEN for an instance that is not ours: nothing may be done to it.
  func ours(_ externalId: String, attempt: String) throws(CloudFailure) -> Instance? {
    guard let instance = try instance(try Self.id(externalId)) else { return nil }
    guard instance.belongs(to: attempt) else { throw Self.foreign(instance.id, attempt) }
    return instance
  }

  /// The failure that an instance without our tag is.
  static func foreign(_ id: String, _ attempt: String) -> CloudFailure {
    CloudFailure(
      .nameTaken, "instance \(id) is not ours: it does not carry tag \(Tags.attempt(attempt))",
      remedy: "look at instance \(id) at Vultr; nothing was done to it", mayExist: false)
  }

  /// Reads an external id; throws INVALID_SPEC when it is not one of Vultr's.
  static func id(_ externalId: String) throws(CloudFailure) -> String {
    let groups = externalId.split(separator: "-", omittingEmptySubsequences: false)
    if groups.map(\.utf8.count) == [8, 4, 4, 4, 12], groups.allSatisfy({ $0.allSatisfy(\.isHexDigit) }),
      externalId.utf8.count == 36
    {
      return externalId
    }
    throw CloudFailure(
      .invalidSpec, "'\(externalId.prefix(40))' is not the id of a Vultr instance: expected a UUID",
      remedy: "none; the record holds an id of another cloud", mayExist: false)
  }
}
