import Model

extension RequestDecoding {
  /// Reads POST /v1/accounts/{name}/limits.
  package static func limits(_ body: [UInt8]) throws(ControlFailure) -> LimitsView {
    let limits = try limits(tree(body), at: "")
    guard !limits.isEmpty else {
      throw Members.bad(
        "body", "changes nothing", expected: "a limit, such as max_resources or max_hourly", found: "none of them")
    }
    return limits
  }

  /// Reads POST /v1/backup: the absolute path of a file that is not there yet.
  package static func backup(_ body: [UInt8]) throws(ControlFailure) -> String {
    var members = try Members(tree(body))
    let path = try members.required("path")
    try members.end()
    guard path.hasPrefix("/"), path.utf8.count < 4000, isLine(path) else {
      throw Members.bad("path", "cannot be used", expected: "an absolute path", found: Members.shown(path))
    }
    return path
  }

  static func limits(_ value: JSON, at path: String) throws(ControlFailure) -> LimitsView {
    var members = try Members(value, at: path)
    let limits = LimitsView(
      maxResources: try members.integer("max_resources", in: 0...10_000_000),
      maxFree: try members.integer("max_free", in: 0...10_000_000),
      maxPaid: try members.integer("max_paid", in: 0...10_000_000),
      maxHourly: try price(&members, "max_hourly"),
      maxCreatesPerHour: try members.integer("max_creates_per_hour", in: 0...10_000_000))
    try members.end()
    return limits
  }

  /// Reads an amount of money; text, because a binary fraction is no amount.
  static func price(_ members: inout Members, _ name: String) throws(ControlFailure) -> String? {
    guard let text = try members.string(name) else { return nil }
    guard let amount = Money(decimal: text) else {
      throw Members.bad(
        members.full(name), "is no amount", expected: "a plain decimal as text, such as \"0.02\"",
        found: Members.shown(text))
    }
    return amount.description
  }
}
