import FoundationEssentials

/// The API's JSON: snake_case names, keys sorted, absent members left out.
package enum ControlCoding {
  /// Encodes a body; views hold nothing that cannot be encoded.
  package static func encode(_ value: some Encodable, pretty: Bool = false) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
    guard let data = try? encoder.encode(value) else { return [] }
    return [UInt8](data)
  }

  /// Decodes a body tolerantly: members that are not known are passed over. For clients.
  package static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: Data(bytes))
  }

  /// Reads any JSON with its member names as they are; nil for what is no JSON.
  package static func tree(_ bytes: [UInt8]) -> JSON? {
    try? JSONDecoder().decode(JSON.self, from: Data(bytes))
  }
}
