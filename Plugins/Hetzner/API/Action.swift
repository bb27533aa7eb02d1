/// Work that Hetzner does after it answered.
struct Action: Listed {
  static let root = "actions"

  var id: Int64
  var command: String?
  var status: String
  var error: Problem?
  var resources: [Resource]?

  /// `{"action": …}`.
  struct Envelope: Decodable { var action: Action? }

  struct Problem: Decodable, Sendable {
    var code: String?
    var message: String?
  }

  struct Resource: Decodable, Sendable {
    var id: Int64
    var type: String
  }

  /// Actions asked for in one request: as many as Hetzner's own client asks for, a default page.
  static let batch = 25

  var succeeded: Bool { status == "success" }
  var failed: Bool { status == "error" }

  /// Why it failed; Hetzner sometimes leaves the message empty.
  var reason: String {
    let said = [error?.code, error?.message].compactMap { $0 }.filter { !$0.isEmpty }
    return "\(command ?? "action") failed: " + (said.isEmpty ? "no reason given" : said.joined(separator: ": "))
  }

  /// Whether it proves, by id, that this server was deleted.
  func provesDeletion(of server: Int64) -> Bool {
    succeeded && command == "delete_server"
      && (resources ?? []).contains { $0.type == "server" && $0.id == server }
  }
}
