import PluginKit
import PluginMessages

extension InstallationKey {
  /// The object's id at Hetzner, or nil when there is none.
  func find(_ api: HetznerAPI) throws(CloudFailure) -> Int64? {
    try api.list(SSHKey.self, "/ssh_keys", ["fingerprint": fingerprint]).items.keys.min()
  }

  /// Finds the object by fingerprint, whatever its name, or makes it.
  func ensure(_ api: HetznerAPI) throws(CloudFailure) -> Int64 {
    try ensure(
      find: { () throws(CloudFailure) in try find(api) },
      make: { () throws(CloudFailure) in
        let labels = [Labels.mark: "1", Labels.installation: installationId]
        let body = try JSON.encode(NewSSHKey(name: name, publicKey: publicKey, labels: labels))
        let request = CloudRequest(
          .post, "/ssh_keys", headers: [.init("Content-Type", "application/json")], body: body)
        return try api.send(request, as: SSHKey.Envelope.self).key.id
      })
  }
}

private struct NewSSHKey: Encodable {
  var name: String
  var publicKey: String
  var labels: [String: String]

  enum CodingKeys: String, CodingKey {
    case name
    case publicKey = "public_key"
    case labels
  }
}
