package import HTTP

/// What a simulated cloud does with one request.
package struct SimReply: Sendable, Hashable {
  /// The whole response, also where `delivery` keeps it from the client.
  package var response: HTTPResponse
  /// How much of it reaches the client.
  package var delivery: Delivery
  /// Milliseconds that pass before the first byte of it is sent; at least 0.
  package var delay: Int64

  /// How much of a response reaches the client.
  package enum Delivery: Sendable, Hashable {
    /// All of it.
    case whole
    /// Nothing: the connection is closed and the request was never looked at.
    case droppedUnread
    /// Nothing: the connection is closed, although the request was carried out, or will be.
    case droppedAnswer
    /// The head with its full Content-Length, then at most this many bytes of the body, then the end.
    case truncated(bodyBytes: Int)
  }

  /// Makes a reply.
  package init(_ response: HTTPResponse, delivery: Delivery = .whole, delay: Int64 = 0) {
    self.response = response
    self.delivery = delivery
    self.delay = max(0, delay)
  }

  /// The response as a client sees it where nothing but the end of the connection tells of a fault;
  /// nil where no byte of it arrives.
  package var seen: HTTPResponse? {
    switch delivery {
    case .whole: response
    case .droppedUnread, .droppedAnswer: nil
    case .truncated(let count):
      HTTPResponse(status: response.status, headers: response.headers, body: Array(response.body.prefix(max(0, count))))
    }
  }
}

extension HTTPResponse {
  /// A JSON response.
  package init(status: Int, json: JSON, headers: [HTTPField] = []) {
    self.init(status: status, headers: [HTTPField("content-type", "application/json")] + headers, body: json.bytes)
  }

  /// The body as JSON; nil where it is none.
  package var json: JSON? { JSON(parsing: body) }
}
