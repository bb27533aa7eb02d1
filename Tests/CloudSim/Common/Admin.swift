import HTTP

/// What is wrong with a request to the admin endpoint, for people.
package struct AdminProblem: Error, Sendable, Hashable {
  /// What is wrong.
  package let message: String

  /// Makes a problem.
  package init(_ message: String) { self.message = message }

  /// Refuses an object that does not keep the rules.
  package static func check(_ json: JSON, _ rules: [FieldRule], _ subject: String) throws(AdminProblem) {
    if let problem = FieldRule.check(json, rules).first {
      throw AdminProblem("\(subject): \(problem.field.isEmpty ? "" : problem.field + ": ")\(problem.message)")
    }
  }
}

extension SimulatedCloud {
  /// Answers a request below `/_sim` (docs/simulator.md lists them).
  mutating func admin(_ request: HTTPRequest) -> HTTPResponse {
    do throws(AdminProblem) {
      let segments = request.path.split(separator: "/").dropFirst().map(String.init)
      guard let json = try adminJSON(request, segments) else {
        return HTTPResponse(status: 404, json: ["error": .string("no \(request.method) \(request.path) here")])
      }
      return HTTPResponse(status: 200, json: json)
    } catch {
      return HTTPResponse(status: 400, json: ["error": .string(error.message)])
    }
  }

  private mutating func adminJSON(_ request: HTTPRequest, _ segments: [String]) throws(AdminProblem) -> JSON? {
    switch (request.method, segments.first, segments.count) {
    case ("GET", nil, 0): return summary
    case ("GET", "faults", 1): return faultsJSON
    case ("PUT", "faults", 1):
      frame.faults = FaultBook(try faults(request))
      return faultsJSON
    case ("POST", "faults", 1):
      for fault in try faults(request) { frame.faults.add(fault) }
      return faultsJSON
    case ("DELETE", "faults", 1):
      frame.faults.clear()
      return faultsJSON
    case ("GET", "ledger", 1): return frame.ledger.json(at: frame.now)
    case ("GET", "requests", 1):
      return frame.log.json(limit: request.query("limit").flatMap { Int($0) } ?? 100)
    case ("DELETE", "requests", 1):
      frame.log.clear()
      return frame.log.json(limit: 0)
    case ("POST", "stock", 1):
      try changeStock(body(request))
      return ["ok": true]
    case ("POST", "tokens", 1):
      try frame.changeToken(body(request))
      return ["ok": true]
    case ("GET", "settings", 1): return settings.json
    case ("POST", "settings", 1):
      try settings.change(body(request))
      return settings.json
    case ("GET", "servers", 1): return ["servers": serversJSON]
    case ("POST", "servers", 1): return try plant(body(request))
    case ("DELETE", "servers", 2):
      guard vanish(segments[1]) else { return nil }
      return ["ok": true]
    case ("GET", "clock", 1): return clockJSON
    case ("POST", "clock", 1):
      let json = try body(request)
      try AdminProblem.check(json, [FieldRule("advance_ms", .integer, required: true)], "clock")
      let advance = json["advance_ms"]?.int ?? 0
      guard (0...315_360_000_000).contains(advance) else {
        throw AdminProblem("clock: advance_ms: expected 0 to ten years, found \(advance)")
      }
      let present = frame.now - frame.offset
      frame.offset = min(frame.offset + advance, 3_153_600_000_000)
      settle(to: present)
      return clockJSON
    default: return nil
    }
  }

  /// Sets everything up that a configuration file names, each as the admin endpoint of that name takes it.
  package mutating func configure(_ json: JSON) throws(AdminProblem) {
    try AdminProblem.check(
      json,
      [
        FieldRule("settings", .any), FieldRule("tokens", .array(.any)), FieldRule("faults", .array(.any)),
        FieldRule("stock", .array(.any)), FieldRule("servers", .array(.any)),
      ], "config")
    if let settings = json["settings"] { try self.settings.change(settings) }
    for token in json["tokens"]?.array ?? [] { try frame.changeToken(token) }
    for fault in json["faults"]?.array ?? [] { frame.faults.add(try Fault(json: fault)) }
    for stock in json["stock"]?.array ?? [] { try changeStock(stock) }
    for server in json["servers"]?.array ?? [] { _ = try plant(server) }
  }

  private func body(_ request: HTTPRequest) throws(AdminProblem) -> JSON {
    guard let json = JSON(parsing: request.body) else { throw AdminProblem("the body is not JSON") }
    return json
  }

  /// One rule, or an array of them.
  private func faults(_ request: HTTPRequest) throws(AdminProblem) -> [Fault] {
    let json = try body(request)
    var faults: [Fault] = []
    for item in json.array ?? [json] { faults.append(try Fault(json: item)) }
    return faults
  }

  private var faultsJSON: JSON { ["faults": .array(frame.faults.rules.map(\.json))] }

  private var clockJSON: JSON {
    [
      "now_ms": .int(frame.now), "now": .string(Timestamp.text(frame.now)), "offset_ms": .int(frame.offset),
      "next_event_ms": .optional(frame.queue.next),
    ]
  }

  private var summary: JSON {
    [
      "cloud": .string(Self.name), "now_ms": .int(frame.now), "requests": .int(Int64(frame.log.total)),
      "servers_open": .int(Int64(frame.ledger.open.count)),
      "servers_ever": .int(Int64(frame.ledger.entries.count)),
      "faults": .int(Int64(frame.faults.rules.count)),
    ]
  }
}
