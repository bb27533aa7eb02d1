import HTTP

extension Fault {
  /// A rule from the admin endpoint; throws what is wrong with it.
  package init(json: JSON) throws(AdminProblem) {
    let rules: [FieldRule] = [
      FieldRule("kind", .string(1...40), required: true), FieldRule("method", .string(1...10)),
      FieldRule("path", .string(1...2000)), FieldRule("query", .string(0...2000)), FieldRule("skip", .integer),
      FieldRule("count", .integer, nullable: true), FieldRule("ms", .integer), FieldRule("bytes", .integer),
      FieldRule("seconds", .integer), FieldRule("status", .integer), FieldRule("code", .string(0...200)),
      FieldRule("message", .string(0...2000)), FieldRule("body", .string(0...1_000_000)),
      FieldRule("headers", .stringMap), FieldRule("execute", .boolean),
    ]
    let problems = FieldRule.check(json, rules)
    if let first = problems.first { throw AdminProblem("fault.\(first.field): \(first.message)") }
    let name = json["kind"]?.string ?? ""
    guard let kind = Kind(name: name, json: json) else {
      throw AdminProblem("fault.kind: \"\(name)\" is unknown; known are \(Kind.names.joined(separator: ", "))")
    }
    let count = json["count"]
    self.init(
      kind, method: json["method"]?.string, path: json["path"]?.string ?? "/", query: json["query"]?.string ?? "",
      skip: Int(clamping: json["skip"]?.int ?? 0),
      count: count == nil ? 1 : count?.int.map { Int(clamping: $0) })
  }

  /// The rule as the admin endpoint shows it.
  package var json: JSON {
    [
      "kind": .string(kind.name), "method": .optional(method), "path": .string(path), "query": .string(query),
      "skip": .int(Int64(skip)), "count": .optional(count.map(Int64.init)),
    ]
  }
}

extension Fault.Kind {
  /// Names of all kinds, as the admin endpoint spells them.
  package static let names = [
    "drop_unread", "drop_answer", "respond", "delay", "late", "twice", "truncate", "garbage", "extra_fields",
    "hidden", "create_fails", "action_fails", "lock", "stock_out", "rate_limit", "stale", "delete_listed",
    "revoke_token", "keep_address", "ignore",
  ]

  /// Name of the kind, as the admin endpoint spells it.
  package var name: String {
    switch self {
    case .dropUnread: "drop_unread"
    case .dropAnswer: "drop_answer"
    case .respond: "respond"
    case .delay: "delay"
    case .late: "late"
    case .twice: "twice"
    case .truncate: "truncate"
    case .garbage: "garbage"
    case .extraFields: "extra_fields"
    case .hidden: "hidden"
    case .createFails: "create_fails"
    case .actionFails: "action_fails"
    case .lock: "lock"
    case .stockOut: "stock_out"
    case .rateLimit: "rate_limit"
    case .stale: "stale"
    case .deleteListed: "delete_listed"
    case .revokeToken: "revoke_token"
    case .keepAddress: "keep_address"
    case .ignore: "ignore"
    }
  }

  init?(name: String, json: JSON) {
    let ms = min(max(0, json["ms"]?.int ?? 1000), 8_640_000_000)
    let code = json["code"]?.string
    let message = json["message"]?.string
    switch name {
    case "drop_unread": self = .dropUnread
    case "drop_answer": self = .dropAnswer
    case "respond":
      self = .respond(
        status: min(max(200, Int(clamping: json["status"]?.int ?? 500)), 599), code: code ?? "server_error",
        message: message ?? "simulated fault", body: json["body"]?.string,
        headers: (json["headers"]?.members ?? []).map { HTTPField($0.name.lowercased(), $0.value.string ?? "") },
        execute: json["execute"]?.bool ?? false)
    case "delay": self = .delay(ms: ms)
    case "late": self = .late(ms: ms)
    case "twice": self = .twice(ms: json["ms"] == nil ? 0 : ms)
    case "truncate": self = .truncate(bytes: max(0, Int(clamping: json["bytes"]?.int ?? 20)))
    case "garbage": self = .garbage
    case "extra_fields": self = .extraFields
    case "hidden": self = .hidden(ms: ms)
    case "create_fails":
      self = .createFails(ms: ms, code: code ?? "resource_unavailable", message: message ?? "error during placement")
    case "action_fails": self = .actionFails(code: code ?? "action_failed", message: message ?? "")
    case "lock": self = .lock(ms: ms)
    case "stock_out": self = .stockOut(ms: ms)
    case "rate_limit": self = .rateLimit(seconds: min(max(0, json["seconds"]?.int ?? 5), 86400))
    case "stale": self = .stale(ms: ms)
    case "delete_listed": self = .deleteListed
    case "revoke_token": self = .revokeToken
    case "keep_address": self = .keepAddress
    case "ignore": self = .ignore
    default: return nil
    }
  }
}
