/// What can be turned on a simulated cloud, by name.
package protocol SimSettings: Sendable {
  /// Names of all settings, in the order in which they are shown.
  static var fields: [SettingsField<Self>] { get }
  /// Delays and limits as they are in reality.
  static var realistic: Self { get }
  /// Delays of a few milliseconds and no rate limit to speak of.
  static var fast: Self { get }
}

/// One setting: its name and where its value is kept.
package struct SettingsField<Settings>: Sendable {
  /// Where a value is kept.
  package typealias Path<Value> = any WritableKeyPath<Settings, Value> & Sendable

  let name: String
  let place: Place

  enum Place: Sendable {
    case span(Path<Span>)
    case number(Path<Int64>)
    case toggle(Path<Bool>)
    case text(Path<String>)
  }

  /// A delay: milliseconds, or `[least, most]`.
  package static func span(_ name: String, _ path: Path<Span>) -> Self { Self(name: name, place: .span(path)) }
  /// An integer; what lies beyond a hundred days of milliseconds is clamped.
  package static func number(_ name: String, _ path: Path<Int64>) -> Self { Self(name: name, place: .number(path)) }
  /// `true` or `false`.
  package static func toggle(_ name: String, _ path: Path<Bool>) -> Self { Self(name: name, place: .toggle(path)) }
  /// Text of 1 to 200 bytes.
  package static func text(_ name: String, _ path: Path<String>) -> Self { Self(name: name, place: .text(path)) }

  var rule: FieldRule {
    switch place {
    case .span: FieldRule(name, .any)
    case .number: FieldRule(name, .integer)
    case .toggle: FieldRule(name, .boolean)
    case .text: FieldRule(name, .string(1...200))
    }
  }
}

extension SimSettings {
  /// Settings as the admin endpoint shows them.
  package var json: JSON {
    .object(
      Self.fields.map { field in
        switch field.place {
        case .span(let path): JSON.Member(field.name, self[keyPath: path].json)
        case .number(let path): JSON.Member(field.name, .int(self[keyPath: path]))
        case .toggle(let path): JSON.Member(field.name, .bool(self[keyPath: path]))
        case .text(let path): JSON.Member(field.name, .string(self[keyPath: path]))
        }
      })
  }

  /// Changes what the object names; throws what is wrong with it, and then nothing is changed.
  package mutating func change(_ json: JSON) throws(AdminProblem) {
    try AdminProblem.check(json, Self.fields.map(\.rule), "settings")
    var changed = self
    for field in Self.fields {
      guard let value = json[field.name] else { continue }
      switch field.place {
      case .span(let path):
        guard let span = Span(json: value) else {
          throw AdminProblem("settings: \(field.name): expected milliseconds or [least, most], found \(value.text)")
        }
        changed[keyPath: path] = span
      case .number(let path):
        if let number = value.int { changed[keyPath: path] = min(max(number, -8_640_000_000), 8_640_000_000) }
      case .toggle(let path):
        if let toggle = value.bool { changed[keyPath: path] = toggle }
      case .text(let path):
        if let text = value.string { changed[keyPath: path] = text }
      }
    }
    self = changed
  }
}
