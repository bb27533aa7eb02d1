import PluginKit
import PluginMessages

extension HetznerAPI {
  /// The server of that id, once its label was read and is that attempt's; nil when it does not exist.
  ///
  /// Throws NAME_TAKEN for a server that is not ours: nothing may be done to it.
  func ours(_ externalId: String, attempt: String) throws(CloudFailure) -> Server? {
    guard let server = try server(try Self.id(externalId)) else { return nil }
    guard server.belongs(to: attempt) else {
      throw CloudFailure(
        .nameTaken, "server \(externalId) is not ours: it does not carry label \(Labels.attempt)=\(attempt)",
        remedy: "look at server \(externalId) at Hetzner; nothing was done to it", mayExist: false)
    }
    return server
  }

  /// Reads an external id; throws INVALID_SPEC when it is not one of Hetzner's.
  static func id(_ externalId: String) throws(CloudFailure) -> Int64 {
    if let id = Int64(externalId), id > 0, String(id) == externalId { return id }
    throw CloudFailure(
      .invalidSpec, "'\(externalId.prefix(40))' is not the id of a Hetzner server: expected a number",
      remedy: "none; the record holds an id of another cloud", mayExist: false)
  }
}
