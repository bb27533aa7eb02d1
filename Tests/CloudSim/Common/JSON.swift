/// A JSON value whose objects keep the order of their members.
package indirect enum JSON: Sendable, Hashable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number without fraction or exponent that fits.
  case int(Int64)
  /// Any other number, as it was spelled.
  case number(String)
  /// A string.
  case string(String)
  /// An array.
  case array([JSON])
  /// An object; on a repeated name the first member counts.
  case object([Member])

  /// One member of an object.
  package struct Member: Sendable, Hashable {
    /// Name.
    package var name: String
    /// Value.
    package var value: JSON

    /// Makes a member.
    package init(_ name: String, _ value: JSON) {
      self.name = name
      self.value = value
    }
  }

  /// The member of that name where this is an object that has one; setting nil removes it.
  package subscript(name: String) -> JSON? {
    get {
      guard case .object(let members) = self else { return nil }
      return members.first { $0.name == name }?.value
    }
    set {
      guard case .object(var members) = self else { return }
      let at = members.firstIndex { $0.name == name }
      switch (at, newValue) {
      case (.some(let at), .some(let value)): members[at].value = value
      case (.some(let at), .none): members.remove(at: at)
      case (.none, .some(let value)): members.append(Member(name, value))
      case (.none, .none): break
      }
      self = .object(members)
    }
  }

  /// The string, or nil where this is none.
  package var string: String? { if case .string(let text) = self { text } else { nil } }
  /// The integer, or nil where this is none.
  package var int: Int64? { if case .int(let value) = self { value } else { nil } }
  /// The truth value, or nil where this is none.
  package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  /// The elements, or nil where this is no array.
  package var array: [JSON]? { if case .array(let items) = self { items } else { nil } }
  /// The members, or nil where this is no object.
  package var members: [Member]? { if case .object(let members) = self { members } else { nil } }
  /// Whether this is `null`.
  package var isNull: Bool { self == .null }

  /// What a person calls a value of this kind.
  package var kind: String {
    switch self {
    case .null: "null"
    case .bool: "boolean"
    case .int, .number: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }

  /// An object with the entries of a dictionary, in the order of their keys.
  package static func map(_ entries: [String: String]) -> JSON {
    .object(entries.sorted { $0.key < $1.key }.map { Member($0.key, .string($0.value)) })
  }

  /// `null` for nil, else the string.
  package static func optional(_ text: String?) -> JSON { text.map(JSON.string) ?? .null }

  /// `null` for nil, else the integer.
  package static func optional(_ value: Int64?) -> JSON { value.map(JSON.int) ?? .null }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// A string.
  package init(stringLiteral value: String) { self = .string(value) }
  /// An integer.
  package init(integerLiteral value: Int64) { self = .int(value) }
  /// A truth value.
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  /// An array.
  package init(arrayLiteral elements: JSON...) { self = .array(elements) }
  /// An object in the order of the literal.
  package init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(elements.map { Member($0.0, $0.1) })
  }
}
