import PluginKit
import PluginMessages

extension InstallationKey {
  /// The object's id at DigitalOcean, or nil when there is none: asked for by fingerprint, because a list of
  /// keys may be read ten times a minute only.
  func find(_ api: DigitalOceanAPI) throws(CloudFailure) -> Int64? {
    // A fingerprint holds hexadecimal digits and colons, which a path may hold as they are.
    try api.find("/account/keys/\(fingerprint)", as: SSHKey.Envelope.self)?.key.id
  }

  /// Finds the object by fingerprint, whatever its name, or makes it.
  func ensure(_ api: DigitalOceanAPI) throws(CloudFailure) -> Int64 {
    do {
      return try ensure(
        find: { () throws(CloudFailure) in try find(api) },
        make: { () throws(CloudFailure) in
          let body = try JSON.encode(NewSSHKey(name: name, publicKey: publicKey))
          let request = CloudRequest(
            .post, "/account/keys", headers: [.init("Content-Type", "application/json")], body: body)
          return try api.send(request, as: SSHKey.Envelope.self).key.id
        })
    } catch  where error.code == .nameTaken {
      // Names may repeat here: it is the key itself that DigitalOcean has elsewhere.
      var failure = error
      failure.report.remedy = "another DigitalOcean team has this installation's key: remove it there"
      throw failure
    }
  }
}

private struct NewSSHKey: Encodable {
  var name: String
  var publicKey: String

  enum CodingKeys: String, CodingKey {
    case name
    case publicKey = "public_key"
  }
}
