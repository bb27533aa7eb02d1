/// One HTTP request to a cloud. The host adds the account's credential.
public struct CloudRequest: Sendable, Hashable {
  /// The methods that the host performs.
  public enum Method: String, Sendable, Hashable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
  }

  /// Name of an endpoint of the manifest.
  public var endpoint: String
  /// The method.
  public var method: Method
  /// Begins with one `/`, percent-encoded, no query; below the endpoint's base.
  public var path: String
  /// Percent-encoded, without `?`; may be empty.
  public var query: String
  /// Names and values; no Host, no Authorization.
  public var headers: [Header]
  /// May be empty.
  public var body: [UInt8]
  /// Milliseconds; 0: what remains of the call, at most 60,000.
  public var timeoutMs: UInt32
  /// Decoded bytes of answer to accept; 0: 4 MiB, the most 16 MiB.
  public var maxResponse: UInt64
  /// GET within validate or catalog only: an answer this many seconds old is good enough.
  public var cacheTtlS: UInt32

  /// Makes a request; values of `query` are percent-encoded here.
  public init(
    _ method: Method, _ path: String, query: KeyValuePairs<String, String> = [:], endpoint: String = "api",
    headers: [Header] = [], body: [UInt8] = [], timeoutMs: UInt32 = 0, maxResponse: UInt64 = 0, cacheTtlS: UInt32 = 0
  ) {
    self.endpoint = endpoint
    self.method = method
    self.path = path
    self.query = PercentEncoding.query(query)
    self.headers = headers
    self.body = body
    self.timeoutMs = timeoutMs
    self.maxResponse = maxResponse
    self.cacheTtlS = cacheTtlS
  }

  /// Whether it may change something at the cloud, so that a lost answer is an unknown outcome.
  public var changes: Bool { method != .get && method != .head }

  /// One header field.
  public struct Header: Sendable, Hashable {
    /// A token.
    public var name: String
    /// Without CR, LF and NUL.
    public var value: String

    /// Makes a header field.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }
}

/// Percent-encoding as RFC 3986 section 2: everything but unreserved characters.
public enum PercentEncoding {
  /// Joins names and values into a query, both encoded, in the order in which they were written.
  public static func query(_ items: KeyValuePairs<String, String>) -> String {
    items.map { "\(encode($0.key))=\(encode($0.value))" }.joined(separator: "&")
  }

  /// One name with many values: `id=1&id=2`.
  public static func query(_ name: String, _ values: some Sequence<String>) -> String {
    values.map { "\(encode(name))=\(encode($0))" }.joined(separator: "&")
  }

  /// Encodes one path segment, or one name or value of a query.
  public static func encode(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var encoded: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        encoded.append(byte)
      default:
        encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }
}
