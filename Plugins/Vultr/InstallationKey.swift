import PluginKit
import PluginMessages

extension InstallationKey {
  /// The object's id at Vultr, or nil when there is none.
  ///
  /// Vultr's list knows no filter and its keys no tags: all keys are read, and their bodies compared. Of
  /// several the oldest counts, because the account is known by its id.
  func find(_ api: VultrAPI) throws(CloudFailure) -> String? {
    find(in: try api.list(SSHKey.self, "/ssh-keys"))
  }

  /// The object's id in a listing, or nil.
  func find(in keys: Listing<SSHKey>) -> String? {
    keys.items.values.filter { $0.body.map(isSame) ?? false }
      .min { ($0.createdAt ?? "~", $0.id) < ($1.createdAt ?? "~", $1.id) }?.id
  }

  /// Finds the object by its body, whatever its name, or makes it.
  func ensure(_ api: VultrAPI) throws(CloudFailure) -> String {
    try ensure(
      find: { () throws(CloudFailure) in try find(api) },
      make: { () throws(CloudFailure) in
        let body = try JSON.encode(NewSSHKey(name: name, body: publicKey))
        let request = CloudRequest(
          .post, "/ssh-keys", headers: [.init("Content-Type", "application/json")], body: body)
        return try api.send(request, as: SSHKey.Envelope.self).key.id
      })
  }
}

private struct NewSSHKey: Encodable {
  var name: String
  var body: String

  enum CodingKeys: String, CodingKey {
    case name
    case body = "ssh_key"
  }
}
