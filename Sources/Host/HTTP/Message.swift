/// One HTTP request, whole, as a server's handler or a simulator receives it.
package struct HTTPRequest: Sendable, Hashable {
  /// Upper-case method.
  package var method: String
  /// Percent-encoded path that begins with `/`, without the query.
  package var path: String
  /// Query without `?`, still percent-encoded; empty where there is none.
  package var query: String
  /// Header fields in order; names in lower case.
  package var headers: [HTTPField]
  /// Body, decoded from its transfer coding.
  package var body: [UInt8]

  /// Makes a request.
  package init(
    method: String, path: String, query: String = "", headers: [HTTPField] = [], body: [UInt8] = []
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
  }

  /// First value of the header of that lower-case name, or nil.
  package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// One header field.
package struct HTTPField: Sendable, Hashable {
  /// Name in lower case.
  package var name: String
  /// Value without surrounding white space.
  package var value: String

  /// Makes a field.
  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// One HTTP response, whole.
package struct HTTPResponse: Sendable, Hashable {
  /// Status code, 100 to 599.
  package var status: Int
  /// Header fields in order; Content-Length and Connection are the server's to add.
  package var headers: [HTTPField]
  /// Body.
  package var body: [UInt8]

  /// Makes a response.
  package init(status: Int, headers: [HTTPField] = [], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// First value of the header of that lower-case name, or nil.
  package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

  /// A response whose body is JSON text.
  package static func json(_ bytes: [UInt8], status: Int = 200) -> HTTPResponse {
    HTTPResponse(status: status, headers: [HTTPField("content-type", "application/json")], body: bytes)
  }

  /// A response whose body is one line of plain text; the line feed is added.
  package static func text(_ text: String, status: Int = 200) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: [HTTPField("content-type", "text/plain; charset=utf-8")], body: Array("\(text)\n".utf8))
  }
}
