/// An SSH key object; name and fingerprint are both unique in a project.
struct SSHKey: Listed {
  static let root = "ssh_keys"

  var id: Int64
  var name: String
  var fingerprint: String?
  var created: String?
  var labels: LabelMap?

  /// `{"ssh_key": …}`.
  struct Envelope: Decodable {
    var key: SSHKey

    enum CodingKeys: String, CodingKey {
      case key = "ssh_key"
    }
  }
}

/// A primary IP address, which may outlive its server and is billed.
struct PrimaryIP: Listed {
  static let root = "primary_ips"

  var id: Int64
  var name: String?
  var ip: String?
  var type: String?
  var created: String?
  var labels: LabelMap?
  var protection: Server.Protection?
}
