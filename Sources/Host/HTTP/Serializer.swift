/// Bytes of messages on the wire.
enum Serializer {
  /// How the body that follows a response's head is delimited.
  enum Delimiter: Sendable, Hashable {
    case length(Int)
    case chunked
    case close
    /// The status forbids a body and its length: 1xx, 204, 304.
    case none
  }

  static let continueLine = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
  static let lastChunk = Array("0\r\n\r\n".utf8)

  /// Status line and header fields of a response. Fields that would frame the message are left out and set
  /// here; a field with a byte that could end its line is left out.
  static func head(_ response: HTTPResponse, _ delimiter: Delimiter, keepAlive: Bool) -> [UInt8] {
    let status = min(max(response.status, 100), 599)
    var text = "HTTP/1.1 \(status) \(phrase(status))\r\n"
    for field in response.headers where !framing.contains(field.name.lowercased()) { append(field, to: &text) }
    switch delimiter {
    case .length(let length): text += "content-length: \(length)\r\n"
    case .chunked: text += "transfer-encoding: chunked\r\n"
    case .close, .none: break
    }
    text += "connection: \(keepAlive ? "keep-alive" : "close")\r\n\r\n"
    return Array(text.utf8)
  }

  /// A whole response, as it is sent for a request that is not HEAD.
  static func whole(_ response: HTTPResponse, keepAlive: Bool, headOnly: Bool = false) -> [UInt8] {
    guard !isBodiless(response.status) else { return head(response, .none, keepAlive: keepAlive) }
    let head = head(response, .length(response.body.count), keepAlive: keepAlive)
    return headOnly ? head : head + response.body
  }

  /// A request with its body; `Host` is the caller's to give, or is `localhost`.
  static func request(_ request: HTTPRequest, keepAlive: Bool) -> [UInt8] {
    let target = request.query.isEmpty ? request.path : "\(request.path)?\(request.query)"
    var text = "\(request.method) \(target) HTTP/1.1\r\n"
    if request.header("host") == nil { text += "host: localhost\r\n" }
    for field in request.headers where !framing.contains(field.name.lowercased()) { append(field, to: &text) }
    if !request.body.isEmpty || !["GET", "HEAD", "DELETE"].contains(request.method) {
      text += "content-length: \(request.body.count)\r\n"
    }
    text += "connection: \(keepAlive ? "keep-alive" : "close")\r\n\r\n"
    return Array(text.utf8) + request.body
  }

  /// One chunk; empty bytes give nothing, because an empty chunk would end the body.
  static func chunk(_ bytes: [UInt8]) -> [UInt8] {
    guard !bytes.isEmpty else { return [] }
    return Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + [0x0D, 0x0A]
  }

  static func isBodiless(_ status: Int) -> Bool { status < 200 || status == 204 || status == 304 }

  private static let framing: Set = ["content-length", "transfer-encoding", "connection"]

  private static func append(_ field: HTTPField, to text: inout String) {
    guard !field.name.isEmpty, field.name.utf8.allSatisfy(isToken),
      field.value.utf8.allSatisfy({ ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 })
    else { return }
    text += "\(field.name): \(field.value)\r\n"
  }

  private static func phrase(_ status: Int) -> String { phrases[status] ?? "Status" }

  private static let phrases: [Int: String] = [
    200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 301: "Moved Permanently", 302: "Found",
    303: "See Other", 304: "Not Modified", 307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request",
    401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    406: "Not Acceptable", 408: "Request Timeout", 409: "Conflict", 410: "Gone", 412: "Precondition Failed",
    413: "Content Too Large", 414: "URI Too Long", 415: "Unsupported Media Type", 417: "Expectation Failed",
    422: "Unprocessable Content", 423: "Locked", 429: "Too Many Requests", 431: "Request Header Fields Too Large",
    500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
    504: "Gateway Timeout", 505: "HTTP Version Not Supported", 507: "Insufficient Storage",
  ]
}
