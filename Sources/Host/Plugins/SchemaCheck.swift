package import PluginMessages

/// A configuration schema of a plugin, compiled: only what the host knows how to check.
///
/// Keywords: type, properties, required, additionalProperties, items, enum, const, minimum, maximum,
/// minLength, maxLength, minItems, maxItems, title, description, default. Any other refuses the schema;
/// there is no `pattern`, because a foreign regular expression can stop the host.
package indirect enum SchemaNode: Sendable, Hashable {
  /// Anything of these rules.
  case rules(SchemaRules)
  /// Nothing (`false`) or anything (`true`).
  case always(Bool)
}

/// The rules for one value.
package struct SchemaRules: Sendable, Hashable {
  var types: [SchemaType] = []
  var properties: [String: SchemaNode] = [:]
  var required: [String] = []
  var additional: SchemaNode = .always(true)
  var items: SchemaNode = .always(true)
  var allowed: [JSONValue]?
  var minimum: Double?
  var maximum: Double?
  var minLength: Int?
  var maxLength: Int?
  var minItems: Int?
  var maxItems: Int?
}

/// Types of JSON Schema.
enum SchemaType: String, Sendable, Hashable {
  case object, array, string, integer, number, boolean, null

  func holds(_ value: JSONValue) -> Bool {
    switch (self, value) {
    case (.object, .object), (.array, .array), (.string, .string), (.boolean, .bool), (.null, .null): true
    case (.integer, .integer), (.number, .integer), (.number, .number): true
    case (.integer, .number(let number)): number.rounded(.towardZero) == number
    default: false
    }
  }
}

/// Why a schema is refused.
package struct SchemaFault: Error, Sendable, Hashable {
  /// Where in the schema, such as `properties.region`.
  package let path: String
  /// What is wrong, for the operator.
  package let message: String
}

extension SchemaNode {
  /// How deep a schema may nest.
  static let maxDepth = 32

  /// Compiles a schema.
  /// - Throws: `SchemaFault` at the first thing that the host does not know.
  package init(_ json: JSONValue) throws(SchemaFault) { try self.init(json, path: "", depth: 0) }

  private init(_ json: JSONValue, path: String, depth: Int) throws(SchemaFault) {
    if case .bool(let value) = json {
      self = .always(value)
      return
    }
    guard case .object(let members) = json else { throw SchemaFault(path: path, message: "is no schema object") }
    if depth > Self.maxDepth { throw SchemaFault(path: path, message: "nests deeper than \(Self.maxDepth)") }
    var rules = SchemaRules()
    for (keyword, value) in members.sorted(by: { $0.key < $1.key }) {
      let place = path.isEmpty ? keyword : "\(path).\(keyword)"
      switch keyword {
      case "title", "description", "default": break
      case "type": rules.types = try Self.types(value, place)
      case "properties":
        guard case .object(let properties) = value else { throw SchemaFault(path: place, message: "is no object") }
        for (name, schema) in properties {
          rules.properties[name] = try SchemaNode(
            schema, path: "\(place).\(PlainText.line(name, limit: 64))", depth: depth + 1)
        }
      case "required": rules.required = try Self.strings(value, place)
      case "additionalProperties": rules.additional = try SchemaNode(value, path: place, depth: depth + 1)
      case "items": rules.items = try SchemaNode(value, path: place, depth: depth + 1)
      case "enum":
        guard case .array(let values) = value else { throw SchemaFault(path: place, message: "is no array") }
        rules.allowed = values
      case "const": rules.allowed = [value]
      case "minimum": rules.minimum = try Self.number(value, place)
      case "maximum": rules.maximum = try Self.number(value, place)
      case "minLength": rules.minLength = try Self.count(value, place)
      case "maxLength": rules.maxLength = try Self.count(value, place)
      case "minItems": rules.minItems = try Self.count(value, place)
      case "maxItems": rules.maxItems = try Self.count(value, place)
      default:
        throw SchemaFault(
          path: PlainText.line(place, limit: 256),
          message: "the keyword is not one that this host can check; see docs/plugin-abi.md for those that are")
      }
    }
    self = .rules(rules)
  }

  private static func types(_ value: JSONValue, _ path: String) throws(SchemaFault) -> [SchemaType] {
    let names = value.string.map { [$0] } ?? []
    var types: [SchemaType] = []
    for name in try names.isEmpty ? strings(value, path) : names {
      guard let type = SchemaType(rawValue: name) else {
        throw SchemaFault(path: path, message: "names an unknown type \"\(PlainText.line(name, limit: 64))\"")
      }
      types.append(type)
    }
    if types.isEmpty { throw SchemaFault(path: path, message: "names no type") }
    return types
  }

  private static func strings(_ value: JSONValue, _ path: String) throws(SchemaFault) -> [String] {
    guard case .array(let values) = value else { throw SchemaFault(path: path, message: "is no array of strings") }
    let strings = values.compactMap(\.string)
    if strings.count != values.count { throw SchemaFault(path: path, message: "is no array of strings") }
    return strings
  }

  private static func number(_ value: JSONValue, _ path: String) throws(SchemaFault) -> Double {
    switch value {
    case .integer(let number): return Double(number)
    case .number(let number): return number
    default: throw SchemaFault(path: path, message: "is no number")
    }
  }

  private static func count(_ value: JSONValue, _ path: String) throws(SchemaFault) -> Int {
    guard let number = value.integer, number >= 0, let count = Int(exactly: number) else {
      throw SchemaFault(path: path, message: "is no whole number of at least 0")
    }
    return count
  }
}
