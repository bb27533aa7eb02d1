/// Takes an object of a request apart strictly: what is missing, of another kind or not known is named.
///
/// Read every member that may be there, then call `end`, which refuses the rest.
struct Members {
  private let members: [String: JSON]
  private let path: String
  private var known: [String] = []

  init(_ value: JSON, at path: String = "") throws(ControlFailure) {
    guard case .object(let members) = value else {
      throw Self.bad(path.isEmpty ? "body" : path, "must be an object", expected: "an object", found: value.kind)
    }
    self.members = members
    self.path = path
  }

  /// Refuses members that nobody asked for.
  func end() throws(ControlFailure) {
    let unknown = members.keys.filter { !known.contains($0) }.sorted()
    guard let first = unknown.first else { return }
    let nearest = Nearest.candidate(to: first, among: known)
    throw ControlFailure(
      .badRequest, "unknown member \(full(Self.shown(first)))", expected: known.joined(separator: ", "),
      found: Self.shown(first),
      remedy: nearest.map { "did you mean \($0)?" } ?? "remove it, or look the name up in docs/control-api.md",
      violations: unknown.prefix(16).map {
        ViolationView(path: full(Self.shown($0)), message: "is not known here", allowed: known)
      })
  }

  mutating func value(_ name: String) -> JSON? {
    known.append(name)
    if case .null? = members[name] { return nil }
    return members[name]
  }

  mutating func string(_ name: String) throws(ControlFailure) -> String? {
    switch value(name) {
    case nil: return nil
    case .string(let text): return text
    case .some(let other): throw Self.bad(full(name), "must be a string", expected: "a string", found: other.kind)
    }
  }

  mutating func required(_ name: String) throws(ControlFailure) -> String {
    guard let text = try string(name) else {
      throw Self.bad(full(name), "is required", expected: "a string", found: "nothing")
    }
    return text
  }

  mutating func integer(_ name: String, in range: ClosedRange<Int>) throws(ControlFailure) -> Int? {
    switch value(name) {
    case nil: return nil
    case .integer(let number):
      if let value = Int(exactly: number), range.contains(value) { return value }
      throw Self.bad(
        full(name), "is out of range", expected: "\(range.lowerBound) to \(range.upperBound)", found: "\(number)")
    case .some(let other):
      throw Self.bad(full(name), "must be a whole number", expected: "a whole number", found: other.kind)
    }
  }

  /// A truth value; nil: it is not there.
  mutating func flag(_ name: String) throws(ControlFailure) -> Bool? {
    switch value(name) {
    case nil: return nil
    case .bool(let flag): return flag
    case .some(let other):
      throw Self.bad(full(name), "must be true or false", expected: "true or false", found: other.kind)
    }
  }

  mutating func list(_ name: String, atMost limit: Int) throws(ControlFailure) -> [JSON]? {
    switch value(name) {
    case nil: return nil
    case .array(let elements):
      if elements.count <= limit { return elements }
      throw Self.bad(full(name), "is too long", expected: "at most \(limit) entries", found: "\(elements.count)")
    case .some(let other): throw Self.bad(full(name), "must be a list", expected: "a list", found: other.kind)
    }
  }

  mutating func object(_ name: String) throws(ControlFailure) -> JSON? {
    guard let value = value(name) else { return nil }
    guard case .object = value else {
      throw Self.bad(full(name), "must be an object", expected: "an object", found: value.kind)
    }
    return value
  }

  func full(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

  static func bad(
    _ path: String, _ problem: String, expected: String, found: String, remedy: String? = nil, allowed: [String] = []
  ) -> ControlFailure {
    ControlFailure(
      .badRequest, "\(path) \(problem)", expected: expected, found: found, remedy: remedy,
      violations: [ViolationView(path: path, message: problem, allowed: allowed)])
  }

  /// A name from outside, short and printable.
  static func shown(_ text: String) -> String {
    String(text.unicodeScalars.prefix(80).map { $0.properties.generalCategory == .control ? "?" : Character($0) })
  }
}
