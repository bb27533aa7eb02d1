/// One request as it came off a connection.
package struct HTTPParsedRequest: Sendable, Hashable {
  /// The request.
  package var request: HTTPRequest
  /// Minor version of HTTP/1: 0 or 1.
  package var minor: Int
  /// Whether the client lets the connection live on after the reply.
  package var keepAlive: Bool
}

/// Turns the bytes of one connection into requests; strict, incremental, without I/O.
///
/// The same bytes give the same events however they are split. After an error the parser repeats that
/// error for ever. RFC 9112; where the RFC lets a server be lenient, it is not.
package struct HTTPParser: Sendable {
  /// What the bytes so far amount to.
  package enum Event: Sendable, Hashable {
    /// The client waits for `100 Continue` before it sends the body of the next request.
    case continueExpected
    /// A whole request.
    case request(HTTPParsedRequest)
  }

  private enum Stage: Sendable {
    /// Exits: `fields`. One empty line before a request line is skipped (RFC 9112 section 2.2).
    case requestLine(skippedEmpty: Bool)
    /// Exits: `body`.
    case fields(RequestLine, FieldLines)
    /// Exits: `requestLine` when the request is complete.
    case body(HTTPParsedRequest, BodyDecoder)
    case failed(HTTPParseError)
  }

  private var stage = Stage.requestLine(skippedEmpty: false)
  private var buffer = ReceiveBuffer()
  private let limits: HTTPLimits

  /// Makes a parser for one connection.
  package init(limits: HTTPLimits = HTTPLimits()) { self.limits = limits }

  /// Bytes that were fed and belong to no event yet, without the body that is being collected.
  package var pending: Int { buffer.count }

  /// Whether nothing of a next request has arrived.
  package var isIdle: Bool {
    if case .requestLine = stage { return buffer.count == 0 }
    return false
  }

  /// Adds bytes as they came from the peer; call `next` until it returns nil.
  package mutating func feed(_ bytes: some Collection<UInt8>) { buffer.append(bytes) }

  /// The next event, or nil when more bytes are needed.
  package mutating func next() throws(HTTPParseError) -> Event? {
    do throws(HTTPParseError) {
      return try advance()
    } catch {
      stage = .failed(error)
      throw error
    }
  }

  private mutating func advance() throws(HTTPParseError) -> Event? {
    while true {
      switch stage {
      case .failed(let error): throw error
      case .requestLine(let skippedEmpty):
        let tooLong = HTTPParseError(414, "the request line is longer than \(limits.line) bytes")
        guard let line = try buffer.line(limit: limits.line, tooLong: tooLong) else { return nil }
        if line.isEmpty && !skippedEmpty {
          stage = .requestLine(skippedEmpty: true)
        } else {
          stage = .fields(try RequestLine(line), FieldLines(limits: limits))
        }
      case .fields(let head, var fields):
        guard let line = try buffer.line(limit: limits.line, tooLong: fields.lineTooLong) else { return nil }
        if !line.isEmpty {
          try fields.add(line)
          stage = .fields(head, fields)
        } else if try finish(head, fields.fields) {
          return .continueExpected
        }
      case .body(var parsed, var decoder):
        // The array must have one owner while it grows.
        stage = .requestLine(skippedEmpty: false)
        let done = try collect(&parsed.request.body, &decoder)
        guard done else {
          stage = .body(parsed, decoder)
          return nil
        }
        return .request(parsed)
      }
    }
  }

  /// Takes what is there of the body; true when it is complete.
  private mutating func collect(_ body: inout [UInt8], _ decoder: inout BodyDecoder) throws(HTTPParseError) -> Bool {
    while true {
      switch try decoder.next(from: &buffer) {
      case .bytes(let part): body.append(contentsOf: part)
      case .end: return true
      case .starved: return false
      }
    }
  }

  /// The head is complete; true when the client waits for `100 Continue`.
  private mutating func finish(_ line: RequestLine, _ fields: [HTTPField]) throws(HTTPParseError) -> Bool {
    let hosts = fields.count { $0.name == "host" }
    guard hosts == 1 || (hosts == 0 && line.minor == 0) else {
      throw HTTPParseError(400, "the request has \(hosts) Host headers; HTTP/1.1 needs exactly one")
    }
    let framing = try BodyFraming.declared(in: fields, minor: line.minor, limit: limits.body) ?? .none
    var waits = false
    if let expected = fields.first(where: { $0.name == "expect" }), line.minor >= 1 {
      guard expected.value.lowercased() == "100-continue" else {
        throw HTTPParseError(417, "the only expectation that is understood is 100-continue")
      }
      waits = framing != .none && framing != .length(0)
    }
    let request = HTTPRequest(method: line.method, path: line.path, query: line.query, headers: fields)
    stage = .body(
      HTTPParsedRequest(request: request, minor: line.minor, keepAlive: keepsAlive(fields, minor: line.minor)),
      BodyDecoder(framing, limits: limits))
    return waits
  }
}
