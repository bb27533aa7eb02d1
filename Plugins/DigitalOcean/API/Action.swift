/// Work that DigitalOcean does after it answered.
struct Action: Listed {
  static let root = "actions"

  var id: Int64
  var status: String
  var type: String?
  var resourceId: Int64?
  var resourceType: String?

  enum CodingKeys: String, CodingKey {
    case id, status, type
    case resourceId = "resource_id"
    case resourceType = "resource_type"
  }

  /// `{"action": …}`.
  struct Envelope: Decodable { var action: Action }

  var succeeded: Bool { status == "completed" }
  var failed: Bool { status == "errored" }

  /// Why it failed: DigitalOcean does not say.
  var reason: String { "\(type ?? "action") failed: DigitalOcean gives no reason" }

  /// The droplet that it destroys, or nil.
  var destroys: Int64? { type == "destroy" && resourceType == "droplet" ? resourceId : nil }
}
