import PluginKit
import PluginMessages

extension DigitalOceanAPI {
  /// The droplet of that id, once its tag, or while tags are late its name, was read and is that attempt's;
  /// nil when it does not exist.
  ///
  /// Throws NAME_TAKEN for a droplet that is not ours: nothing may be done to it.
  func ours(_ externalId: String, attempt: String, named name: String) throws(CloudFailure) -> Droplet? {
    guard let droplet = try droplet(try Self.id(externalId)) else { return nil }
    guard droplet.belongs(to: attempt, named: name, nowMs: call.nowMs) else { throw Self.foreign(droplet.id, attempt) }
    return droplet
  }

  /// The failure that a droplet without our tag is.
  static func foreign(_ id: Int64, _ attempt: String) -> CloudFailure {
    CloudFailure(
      .nameTaken, "droplet \(id) is not ours: it does not carry the tag of attempt \(attempt)",
      remedy: "look at droplet \(id) at DigitalOcean; nothing was done to it", mayExist: false)
  }

  /// Reads an external id; throws INVALID_SPEC when it is not one of DigitalOcean's.
  static func id(_ externalId: String) throws(CloudFailure) -> Int64 {
    if let id = Int64(externalId), id > 0, String(id) == externalId { return id }
    throw CloudFailure(
      .invalidSpec, "'\(externalId.prefix(40))' is not the id of a droplet: expected a number",
      remedy: "none; the record holds an id of another cloud", mayExist: false)
  }
}
