/// One connection of a server as a pure state machine: what arrived, what the handler said, what to do.
///
/// One request is handled at a time; requests that the client sends ahead wait in the parser.
struct ServerConnection: Sendable {
  enum Action: Sendable {
    /// Give the request to the handler; its reply comes back through `replied`.
    case handle(HTTPRequest)
    /// Send these bytes after all earlier ones.
    case send([UInt8])
    /// Pull the stream; its pieces come back through `streamed` and `streamEnded`.
    case pull(AsyncStream<[UInt8]>)
    /// Nobody waits for the stream any more: stop pulling it.
    case abandonStream
    /// Send what is left, then close; let the client read it to the end.
    case finish
    /// Close at once, after what was already handed to `send` when `flush` is set.
    case drop(flush: Bool)
  }

  /// What the connection waits for, which decides the deadline that holds.
  enum Wait: Sendable, Hashable {
    /// The first byte of a request.
    case idle
    /// The rest of a request.
    case request
    /// The handler or the stream; the host's own time.
    case handler
    /// Nothing: it is being closed.
    case nothing
  }

  private enum Stage: Sendable {
    /// Exits: `handling` at a whole request, `closing`.
    case reading
    /// Exits: `reading`, `streaming`, `closing`.
    case handling(HTTPParsedRequest)
    /// Exits: `reading` or `closing` at the stream's end, `closing` when the client hangs up.
    case streaming(chunked: Bool, keepAlive: Bool)
    case closing
  }

  private var stage = Stage.reading
  private var parser: HTTPParser
  private var inputEnded = false
  private var stopping = false
  private let ahead: Int
  private let refusal: @Sendable (HTTPParseError) -> HTTPResponse

  /// `ahead` is how many bytes of further requests may wait while one is handled.
  init(
    limits: HTTPLimits = HTTPLimits(), ahead: Int = 1 << 16,
    refusal: @escaping @Sendable (HTTPParseError) -> HTTPResponse = { .text($0.reason, status: $0.status) }
  ) {
    parser = HTTPParser(limits: limits)
    self.ahead = ahead
    self.refusal = refusal
  }

  /// Whether more bytes are welcome now.
  var wantsInput: Bool {
    guard !inputEnded else { return false }
    return switch stage {
    case .reading: true
    case .handling, .streaming: parser.pending < ahead
    case .closing: false
    }
  }

  /// Whether the client has closed its sending side.
  var hasEnded: Bool { inputEnded }

  var wait: Wait {
    switch stage {
    case .reading: parser.isIdle ? .idle : .request
    case .handling, .streaming: .handler
    case .closing: .nothing
    }
  }

  /// Bytes came; `proceed` makes something of them.
  mutating func received(_ bytes: some Collection<UInt8>) {
    if case .closing = stage { return }
    if !inputEnded { parser.feed(bytes) }
  }

  /// The client closed its sending side, or is gone; `proceed` still answers what it sent before.
  mutating func ended() -> [Action] {
    inputEnded = true
    if case .streaming = stage { return close([.abandonStream, .drop(flush: false)]) }
    return []
  }

  /// Takes the next request, if one is there; to be called until it returns nothing, while there is room
  /// for its reply.
  mutating func proceed() -> [Action] {
    guard case .reading = stage else { return [] }
    do throws(HTTPParseError) {
      switch try parser.next() {
      case nil: return inputEnded ? close([.finish]) : []
      case .continueExpected: return [.send(Serializer.continueLine)]
      case .request(let parsed):
        stage = .handling(parsed)
        return [.handle(parsed.request)]
      }
    } catch {
      return refuse(error)
    }
  }

  mutating func replied(_ reply: HTTPReply) -> [Action] {
    guard case .handling(let parsed) = stage else { return [] }
    let keepAlive = parsed.keepAlive && !stopping && !(inputEnded && parser.isIdle)
    let headOnly = parsed.request.method == "HEAD"
    switch reply {
    case .whole(let response):
      let bytes = Serializer.whole(response, keepAlive: keepAlive, headOnly: headOnly)
      return next([.send(bytes)], keepAlive: keepAlive)
    case .streamed(let head, let stream):
      return start(stream, head, parsed, keepAlive: keepAlive, headOnly: headOnly)
    case .abort(let count, let response):
      let bytes = response.map { Serializer.whole($0, keepAlive: keepAlive, headOnly: headOnly) } ?? []
      return close([.send(Array(bytes.prefix(max(0, count)))), .drop(flush: true)])
    }
  }

  mutating func streamed(_ piece: [UInt8]) -> [Action] {
    guard case .streaming(let chunked, _) = stage, !piece.isEmpty else { return [] }
    return [.send(chunked ? Serializer.chunk(piece) : piece)]
  }

  mutating func streamEnded() -> [Action] {
    guard case .streaming(let chunked, let keepAlive) = stage else { return [] }
    return next(chunked ? [.send(Serializer.lastChunk)] : [], keepAlive: keepAlive && !stopping)
  }

  /// The deadline of the current `wait` passed.
  mutating func expired() -> [Action] {
    switch wait {
    case .idle: return close([.drop(flush: true)])
    case .request: return refuse(HTTPParseError(408, "the rest of the request did not arrive in time"))
    case .handler, .nothing: return []
    }
  }

  /// The server stops: an idle connection closes, another finishes its request first.
  mutating func stop() -> [Action] {
    stopping = true
    return wait == .idle ? close([.drop(flush: true)]) : []
  }

  private mutating func start(
    _ stream: AsyncStream<[UInt8]>, _ head: HTTPResponse, _ parsed: HTTPParsedRequest, keepAlive: Bool, headOnly: Bool
  ) -> [Action] {
    let chunked = parsed.minor >= 1
    let keepAlive = keepAlive && chunked
    guard !Serializer.isBodiless(head.status) else {
      return next([.send(Serializer.head(head, .none, keepAlive: keepAlive))], keepAlive: keepAlive)
    }
    let bytes = Serializer.head(head, chunked ? .chunked : .close, keepAlive: keepAlive)
    if headOnly { return next([.send(bytes)], keepAlive: keepAlive) }
    if inputEnded { return close([.send(bytes), .drop(flush: true)]) }
    stage = .streaming(chunked: chunked, keepAlive: keepAlive)
    return [.send(bytes), .pull(stream)]
  }

  /// The response is complete: closes, or is ready for what the client sends next or has sent ahead.
  private mutating func next(_ actions: [Action], keepAlive: Bool) -> [Action] {
    guard keepAlive else { return close(actions + [.finish]) }
    stage = .reading
    return actions
  }

  private mutating func refuse(_ error: HTTPParseError) -> [Action] {
    close([.send(Serializer.whole(refusal(error), keepAlive: false)), .finish])
  }

  private mutating func close(_ actions: [Action]) -> [Action] {
    stage = .closing
    return actions
  }
}
