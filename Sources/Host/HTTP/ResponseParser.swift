/// Turns the bytes of one connection into one response at a time; incremental, without I/O.
///
/// The same bytes give the same head and the same body however they are split; only the cuts between
/// `body` events differ. Interim responses (1xx) are skipped. RFC 9112.
package struct HTTPResponseParser: Sendable {
  /// What the bytes so far amount to.
  package enum Event: Sendable, Hashable {
    /// Status and header fields; the body is empty here.
    case head(HTTPResponse)
    /// Some bytes of the body; never empty.
    case body([UInt8])
    /// The response is complete; `keepAlive` says whether the connection may carry another request.
    case end(keepAlive: Bool)
  }

  private enum Stage: Sendable {
    /// Exits: `fields`.
    case statusLine
    /// Exits: `body`, or `statusLine` after an interim response.
    case fields(status: Int, minor: Int, FieldLines)
    /// Exits: `statusLine` when the response is complete.
    case body(keepAlive: Bool, BodyDecoder)
    case failed(HTTPParseError)
  }

  private var stage = Stage.statusLine
  private var buffer = ReceiveBuffer()
  private let limits: HTTPLimits
  private let method: String

  /// Makes a parser for the answers to requests with that method: an answer to HEAD has no body.
  package init(method: String, limits: HTTPLimits = HTTPLimits()) {
    self.method = method
    self.limits = limits
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

  /// The peer closed its side: call after the last `feed` and after `next` returned nil.
  ///
  /// Returns `end` for a body that lasts until the close, nil between two responses; throws when
  /// the response is cut short.
  package mutating func close() throws(HTTPParseError) -> Event? {
    switch stage {
    case .statusLine where buffer.count == 0: return nil
    case .body(_, var decoder) where decoder.close():
      stage = .statusLine
      return .end(keepAlive: false)
    case .failed(let error): throw error
    default: throw HTTPParseError(400, "the connection ended in the middle of the response")
    }
  }

  private mutating func advance() throws(HTTPParseError) -> Event? {
    while true {
      switch stage {
      case .failed(let error): throw error
      case .statusLine:
        let tooLong = HTTPParseError(400, "the status line is longer than \(limits.line) bytes")
        guard let line = try buffer.line(limit: limits.line, tooLong: tooLong) else { return nil }
        let (status, minor) = try Self.status(line)
        stage = .fields(status: status, minor: minor, FieldLines(limits: limits))
      case .fields(let status, let minor, var fields):
        guard let line = try buffer.line(limit: limits.line, tooLong: fields.lineTooLong) else { return nil }
        if !line.isEmpty {
          try fields.add(line)
          stage = .fields(status: status, minor: minor, fields)
        } else if status < 200 {
          stage = .statusLine
        } else {
          return .head(try finish(status, minor, fields.fields))
        }
      case .body(let keepAlive, var decoder):
        let step = try decoder.next(from: &buffer)
        stage = .body(keepAlive: keepAlive, decoder)
        switch step {
        case .bytes(let part): return .body(Array(part))
        case .starved: return nil
        case .end:
          stage = .statusLine
          return .end(keepAlive: keepAlive)
        }
      }
    }
  }

  private mutating func finish(_ status: Int, _ minor: Int, _ fields: [HTTPField]) throws(HTTPParseError)
    -> HTTPResponse
  {
    let framing: BodyFraming
    if method == "HEAD" || status == 204 || status == 304 {
      framing = .none
    } else {
      framing = try BodyFraming.declared(in: fields, minor: minor, limit: limits.body) ?? .untilClose
    }
    let keepAlive = framing != .untilClose && keepsAlive(fields, minor: minor)
    stage = .body(keepAlive: keepAlive, BodyDecoder(framing, limits: limits))
    return HTTPResponse(status: status, headers: fields)
  }

  private static func status(_ line: [UInt8]) throws(HTTPParseError) -> (status: Int, minor: Int) {
    let text = String(decoding: line, as: UTF8.self).utf8
    let minor: Int
    if text.starts(with: "HTTP/1.1 ".utf8) {
      minor = 1
    } else if text.starts(with: "HTTP/1.0 ".utf8) {
      minor = 0
    } else {
      throw HTTPParseError(400, "the answer is not HTTP/1.1")
    }
    let rest = text.dropFirst(9)
    let digits = rest.prefix(3)
    guard digits.count == 3, digits.allSatisfy(isDigit), let status = Int(Substring(digits)), status >= 100,
      status <= 599,
      rest.dropFirst(3).first.map({ $0 == 0x20 }) ?? true
    else { throw HTTPParseError(400, "the status line holds no status from 100 to 599") }
    return (status, minor)
  }
}
