package import PluginMessages

extension SchemaNode {
  /// Everything in which the value breaks the schema, at most 100 things, in the order of their paths.
  package func violations(in value: JSONValue) -> [Violation] {
    var found: [Violation] = []
    check(value, path: "", &found)
    return found
  }

  private func check(_ value: JSONValue, path: String, _ found: inout [Violation]) {
    if found.count >= 100 { return }
    switch self {
    case .always(true): break
    case .always(false): found.append(Violation(path: path, message: "is not known here"))
    case .rules(let rules): rules.check(value, path: path, &found)
    }
  }
}

extension SchemaRules {
  fileprivate func check(_ value: JSONValue, path: String, _ found: inout [Violation]) {
    if !types.isEmpty, !types.contains(where: { $0.holds(value) }) {
      let names = types.map(\.rawValue)
      found.append(
        Violation(
          path: path, message: "must be \(names.joined(separator: " or ")), found \(Self.kind(value))", allowed: names))
      return
    }
    if let allowed, !allowed.contains(where: { Self.equal($0, value) }) {
      let names = allowed.prefix(100).map(Self.text)
      let wanted = names.count == 1 ? "must be \(names[0])" : "must be one of \(names.joined(separator: ", "))"
      found.append(Violation(path: path, message: "\(wanted); found \(Self.text(value))", allowed: names))
    }
    switch value {
    case .object(let members): checkMembers(members, path, &found)
    case .array(let values):
      checkCount(values.count, "items", minItems, maxItems, path, &found)
      for (index, item) in values.enumerated() { items.enter(item, "\(path)[\(index)]", &found) }
    case .string(let text):
      checkCount(text.unicodeScalars.count, "characters", minLength, maxLength, path, &found)
    case .integer(let number): checkRange(Double(number), path, &found)
    case .number(let number): checkRange(number, path, &found)
    case .null, .bool: break
    }
  }

  private func checkMembers(_ members: [String: JSONValue], _ path: String, _ found: inout [Violation]) {
    for name in required where members[name] == nil {
      let allowed: [String] =
        if case .rules(let rules)? = properties[name] { (rules.allowed ?? []).prefix(100).map(Self.text) } else { [] }
      found.append(Violation(path: Self.join(path, name), message: "is required", allowed: allowed))
    }
    for (name, value) in members.sorted(by: { $0.key < $1.key }) {
      let place = Self.join(path, name)
      if let schema = properties[name] {
        schema.enter(value, place, &found)
      } else if additional == .always(false) {
        found.append(Violation(path: place, message: "is not known here", allowed: properties.keys.sorted()))
      } else {
        additional.enter(value, place, &found)
      }
    }
  }

  private func checkCount(
    _ count: Int, _ unit: String, _ least: Int?, _ most: Int?, _ path: String, _ found: inout [Violation]
  ) {
    if let least, count < least {
      found.append(Violation(path: path, message: "must have at least \(least) \(unit), found \(count)"))
    }
    if let most, count > most {
      found.append(Violation(path: path, message: "must have at most \(most) \(unit), found \(count)"))
    }
  }

  private func checkRange(_ number: Double, _ path: String, _ found: inout [Violation]) {
    if let minimum, number < minimum {
      found.append(Violation(path: path, message: "must be at least \(Self.text(.number(minimum)))"))
    }
    if let maximum, number > maximum {
      found.append(Violation(path: path, message: "must be at most \(Self.text(.number(maximum)))"))
    }
  }

  private static func join(_ path: String, _ name: String) -> String {
    let name = PlainText.line(name, limit: 64)
    return path.isEmpty ? name : "\(path).\(name)"
  }

  private static func equal(_ left: JSONValue, _ right: JSONValue) -> Bool {
    switch (left, right) {
    case (.integer(let one), .number(let two)): Double(one) == two
    case (.number(let one), .integer(let two)): one == Double(two)
    default: left == right
    }
  }

  private static func kind(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool: "boolean"
    case .integer: "integer"
    case .number: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }

  private static func text(_ value: JSONValue) -> String {
    switch value {
    case .string(let text): PlainText.line(text, limit: 64)
    case .integer(let number): "\(number)"
    case .number(let number):
      // Whole numbers without a fraction; a double beyond 2^53 keeps its own form.
      Int64(exactly: number).map { "\($0)" } ?? "\(number)"
    case .bool(let value): "\(value)"
    case .null: "null"
    case .array, .object: "a structure"
    }
  }
}

extension SchemaNode {
  fileprivate func enter(_ value: JSONValue, _ path: String, _ found: inout [Violation]) {
    check(value, path: path, &found)
  }
}
