import Foundation

/// A JSON Schema of docs/abi, with the keywords that those files use.
struct Schema {
  let root: [String: Any]

  init(_ name: String) throws {
    let data = Data(try Repository.text("docs/abi/\(name).json").utf8)
    root = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }

  /// Everything that is wrong with a value.
  func violations(of value: Any) -> [String] { check(value, root, "$") }

  var properties: [String: Any] { root["properties"] as? [String: Any] ?? [:] }
  var required: Set<String> { Set(root["required"] as? [String] ?? []) }

  private func check(_ value: Any, _ schema: [String: Any], _ path: String) -> [String] {
    if let name = (schema["$ref"] as? String)?.split(separator: "/").last {
      guard let target = (root["$defs"] as? [String: Any])?[String(name)] as? [String: Any] else {
        return ["\(path): $ref to nothing"]
      }
      return check(value, target, path)
    }
    if let allowed = schema["enum"] as? [String], !allowed.contains(value as? String ?? "") {
      return ["\(path): \(value) is not one of \(allowed)"]
    }
    switch schema["type"] as? String {
    case "object": return checkObject(value, schema, path)
    case "array":
      guard let items = value as? [Any] else { return ["\(path) is no array"] }
      let bounds = (schema["minItems"] as? Int ?? 0)...(schema["maxItems"] as? Int ?? .max)
      let count = bounds.contains(items.count) ? [] : ["\(path) has \(items.count) items"]
      guard let of = schema["items"] as? [String: Any] else { return count }
      return count + items.enumerated().flatMap { check($1, of, "\(path)[\($0)]") }
    case "string":
      guard let text = value as? String else { return ["\(path) is no string"] }
      let bounds = (schema["minLength"] as? Int ?? 0)...(schema["maxLength"] as? Int ?? .max)
      return bounds.contains(text.count) ? [] : ["\(path) has \(text.count) characters"]
    case "integer":
      guard let number = value as? NSNumber, !isBool(number), let whole = Int64(exactly: number.doubleValue) else {
        return ["\(path) is no integer"]
      }
      let bounds = (schema["minimum"] as? Int64 ?? .min)...(schema["maximum"] as? Int64 ?? .max)
      return bounds.contains(whole) ? [] : ["\(path) is \(whole)"]
    case "boolean": return (value as? NSNumber).map(isBool) == true ? [] : ["\(path) is no boolean"]
    default: return []
    }
  }

  private func checkObject(_ value: Any, _ schema: [String: Any], _ path: String) -> [String] {
    guard let members = value as? [String: Any] else { return ["\(path) is no object"] }
    let known = schema["properties"] as? [String: Any] ?? [:]
    let missing = Set(schema["required"] as? [String] ?? []).subtracting(members.keys).map {
      "\(path).\($0) is missing"
    }
    return missing
      + members.flatMap { name, member in
        if let of = (known[name] ?? schema["additionalProperties"]) as? [String: Any] {
          return check(member, of, "\(path).\(name)")
        }
        return ["\(path).\(name) is not described"]
      }
  }

  private func isBool(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }
}
