import FoundationEssentials
import PluginMessages

/// JSON in and out of a plugin.
public enum JSON {
  /// Writes a message; slashes stay as they are, order of members is not defined.
  public static func encode(_ value: some Encodable) throws(CloudFailure) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    do {
      return Array(try encoder.encode(value))
    } catch {
      throw CloudFailure(
        .internal, "\(type(of: value)) cannot be written as JSON: \(Self.reason(error))",
        remedy: "report this to the plugin's author")
    }
  }

  /// Reads a value, or says in one line where it does not fit.
  public static func decode<Value: Decodable>(
    _ type: Value.Type = Value.self, _ bytes: some Sequence<UInt8>
  ) throws(Mismatch) -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(bytes))
    } catch {
      throw Mismatch(reason: reason(error), isJSON: !Self.isSyntaxError(error))
    }
  }

  /// Why bytes could not be read as what was expected.
  public struct Mismatch: Error, Sendable, Hashable {
    /// One line that names the place; holds no value from the bytes.
    public var reason: String
    /// Whether they were JSON at all: false for a truncated answer or a proxy's error page.
    public var isJSON: Bool
  }

  private static func isSyntaxError(_ error: any Error) -> Bool {
    if case DecodingError.dataCorrupted(let context) = error { context.codingPath.isEmpty } else { false }
  }

  private static func reason(_ error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, let context): "\(path(context.codingPath + [key])) is missing"
    case DecodingError.valueNotFound(_, let context): "\(path(context.codingPath)) is null"
    case DecodingError.typeMismatch(let type, let context): "\(path(context.codingPath)) is not a \(type)"
    case DecodingError.dataCorrupted(let context):
      context.codingPath.isEmpty ? "it is not JSON" : "\(path(context.codingPath)) is out of range"
    case EncodingError.invalidValue(_, let context): "\(path(context.codingPath)) has no JSON form"
    default: "it cannot be read"
    }
  }

  private static func path(_ keys: [any CodingKey]) -> String {
    let text = keys.reduce(into: "") { text, key in
      if let index = key.intValue {
        text += "[\(index)]"
      } else {
        text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
      }
    }
    return text.isEmpty ? "the value" : text
  }
}

extension CloudResponse {
  /// Reads the body of an answer that succeeded.
  ///
  /// A body that cannot be read is UNKNOWN_OUTCOME after a request that changes something; after a read
  /// it is UNAVAILABLE when it is no JSON (truncated, a proxy's page), INTERNAL when the cloud's form
  /// differs from what the plugin knows.
  public func decode<Value: Decodable>(
    _ type: Value.Type = Value.self, of request: CloudRequest
  ) throws(CloudFailure) -> Value {
    let mismatch: JSON.Mismatch
    do {
      return try JSON.decode(type, body)
    } catch {
      mismatch = error
    }
    let code: FailureCode = request.changes ? .unknownOutcome : mismatch.isJSON ? .internal : .unavailable
    var failure = CloudFailure(
      code,
      "the answer to \(request.method.rawValue) \(request.path) cannot be read: \(mismatch.reason)",
      remedy: request.changes
        ? "the host looks for what was made" : mismatch.isJSON ? "look for a newer plugin" : "the host asks again",
      mayExist: request.changes)
    failure.report.httpStatus = status
    throw failure
  }
}
