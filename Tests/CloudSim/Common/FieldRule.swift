/// What one field of a request body must look like.
package struct FieldRule: Sendable {
  /// Name of the field.
  package let name: String
  /// Kind of its value.
  package let kind: Kind
  /// Whether it must be there.
  package let required: Bool
  /// Whether `null` counts as absent rather than as wrong.
  package let nullable: Bool

  /// Kinds of values.
  package indirect enum Kind: Sendable {
    /// A string with a length in bytes within the range.
    case string(ClosedRange<Int>)
    /// An integer.
    case integer
    /// `true` or `false`.
    case boolean
    /// An object whose values are strings.
    case stringMap
    /// An object of these fields and no others.
    case object([FieldRule])
    /// An array of such elements.
    case array(Kind)
    /// A name, or an id as integer or string.
    case nameOrID
    /// Anything.
    case any
  }

  /// What is wrong with one field.
  package struct Problem: Sendable, Hashable {
    /// Path of the field with dots.
    package let field: String
    /// What is wrong.
    package let message: String

    /// Makes a problem.
    package init(_ field: String, _ message: String) {
      self.field = field
      self.message = message
    }
  }

  /// Makes a rule.
  package init(_ name: String, _ kind: Kind, required: Bool = false, nullable: Bool = false) {
    self.name = name
    self.kind = kind
    self.required = required
    self.nullable = nullable
  }

  /// Everything that is wrong with an object: missing, unknown, of the wrong kind; in the order of the
  /// rules, unknown fields last.
  package static func check(_ value: JSON, _ rules: [FieldRule], at prefix: String = "") -> [Problem] {
    guard let members = value.members else { return [Problem(prefix, "must be an object, not \(value.kind)")] }
    var problems: [Problem] = []
    for rule in rules {
      let path = prefix.isEmpty ? rule.name : "\(prefix).\(rule.name)"
      guard let found = members.first(where: { $0.name == rule.name })?.value, !(rule.nullable && found.isNull) else {
        if rule.required { problems.append(Problem(path, "is required")) }
        continue
      }
      problems += check(found, rule.kind, at: path)
    }
    for member in members where !rules.contains(where: { $0.name == member.name }) {
      problems.append(Problem(prefix.isEmpty ? member.name : "\(prefix).\(member.name)", "unknown field"))
    }
    return problems
  }

  private static func check(_ value: JSON, _ kind: Kind, at path: String) -> [Problem] {
    func wrong(_ expected: String) -> [Problem] { [Problem(path, "must be \(expected), not \(value.kind)")] }
    switch kind {
    case .any: return []
    case .string(let lengths):
      guard let text = value.string else { return wrong("a string") }
      if text.utf8.count < lengths.lowerBound { return [Problem(path, "is too short")] }
      return text.utf8.count > lengths.upperBound ? [Problem(path, "is too long")] : []
    case .integer: return value.int == nil ? wrong("an integer") : []
    case .boolean: return value.bool == nil ? wrong("a boolean") : []
    case .nameOrID: return value.int == nil && (value.string ?? "").isEmpty ? wrong("a name or an id") : []
    case .stringMap:
      guard let members = value.members else { return wrong("an object") }
      return members.filter { $0.value.string == nil }.map { Problem("\(path).\($0.name)", "must be a string") }
    case .object(let rules): return check(value, rules, at: path)
    case .array(let element):
      guard let items = value.array else { return wrong("an array") }
      return items.enumerated().flatMap { check($0.element, element, at: "\(path).\($0.offset)") }
    }
  }
}
