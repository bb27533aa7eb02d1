import CCurl

/// One request in the broker, from the moment it was taken up until its transfer ended.
///
/// Confined to the broker's thread, on which libcurl's callbacks run as well.
final class Transfer {
  /// Somebody who waits for the result.
  struct Waiter {
    let ticket: BrokerTicket
    let deadlineMs: Int64
    let deliver: @Sendable (BrokerResult) -> Void
  }

  let checked: CheckedRequest
  let plan: TransferPlan
  let receiver: (any BrokerReceiver)?
  let cacheKey: CatalogCache.Key?
  /// After this, a request that is not a read is given up even on the wire.
  let wireDeadlineMs: Int64
  var waiters: [Waiter]
  var times: BrokerTimes
  var handle: CurlHandle?
  /// The credential, to take it out of an answer that repeats it.
  var credential: CredentialBytes?
  var stop: TransferStop?
  private(set) var answer = ResponseCollector()
  /// Whether a socket was asked for, so its name has been resolved.
  private(set) var hasSocket = false

  private let hooks: BrokerHooks
  private let clock: BrokerClock
  private let streamBytes: Int
  private var isPaused = false

  init(
    _ checked: CheckedRequest,
    receiver: (any BrokerReceiver)?,
    waiter: Waiter,
    times: BrokerTimes,
    limits: BrokerConfiguration,
    hooks: BrokerHooks,
    clock: BrokerClock
  ) {
    self.checked = checked
    self.receiver = receiver
    plan = TransferPlan(checked, streamed: receiver != nil)
    cacheKey = receiver == nil ? CatalogCache.Key(checked) : nil
    waiters = [waiter]
    self.times = times
    wireDeadlineMs = times.startedMonotonicMs + max(checked.timeoutMs, limits.mutationWireMs)
    streamBytes = limits.streamBytes
    self.hooks = hooks
    self.clock = clock
  }

  var isRead: Bool { checked.method.isRead }

  /// What is known now.
  func outcome(stop: TransferStop?, end: TransferEnd?) -> BrokerOutcome {
    TransferVerdict.outcome(of: checked, wasSent: times.wasSent, stop: stop, end: end, answer: answer)
  }

  /// Tells the tests' crash points.
  func pass(_ point: BrokerPassage.Point) {
    hooks.onPassage?(
      BrokerPassage(
        point: point, account: checked.account, verb: checked.request.verb, method: checked.method,
        path: checked.request.path))
  }

  /// Takes the credential out of the answer, as far as it is there literally.
  func scrub() {
    guard let credential else { return }
    credential.withBytes { bytes in
      answer.scrub(bytes)
      // Of `user:password` the second half is a secret by itself.
      switch checked.endpoint.auth {
      case .basic, .awsSigV4:
        if let colon = bytes.firstIndex(of: UInt8(ascii: ":")) {
          answer.scrub(UnsafeRawBufferPointer(rebasing: bytes[(colon + 1)...]))
        }
      case .none, .bearer, .header, .query:
        break
      }
    }
  }

  // MARK: libcurl's callbacks

  /// Whether a socket to this address may be opened.
  func allowsSocket(to address: AddressRules.Address) -> Bool {
    hasSocket = true
    guard let why = AddressRules.refusal(address, endpoint: checked.endpoint) else { return true }
    stop = .address(why)
    return false
  }

  /// The connection stands and the request's bytes are about to go out; false ends the transfer instead.
  func willSend(to address: AddressRules.Address) -> Bool {
    if times.wasSent, !isRead {
      stop = .repeated
      return false
    }
    if let why = AddressRules.refusal(address, endpoint: checked.endpoint) {
      stop = .address(why)
      return false
    }
    if waiters.allSatisfy(\.ticket.isCancelled) {
      stop = .cancelled
      return false
    }
    // An address of the name was refused, another one was reached.
    stop = nil
    let now = clock.wallMs()
    if let latest = checked.request.notAfterWallMs, now > latest {
      stop = .tooLate
      return false
    }
    if !times.wasSent {
      times.sentMonotonicMs = clock.monotonicMs()
      times.sentWallMs = now
    }
    pass(.bytesOut)
    return true
  }

  /// A line of the answer's head; false ends the transfer.
  func didReceive(line: UnsafeRawBufferPointer) -> Bool {
    switch answer.take(line: line) {
    case .more:
      return true
    case .tooBig:
      stop = .headTooBig
      return false
    case .headComplete:
      scrub()
      let head = BrokerHead(
        account: checked.account, endpoint: checked.request.endpoint, status: answer.status ?? 0,
        headers: answer.headers, wallMs: clock.wallMs())
      hooks.onHead(head)
      if isStreaming, !waiters.isEmpty { receiver?.head(head) }
      return true
    }
  }

  /// What to tell libcurl about a piece of the body.
  enum PieceAnswer {
    case taken, pause, end
  }

  /// A piece of the decoded body.
  func didReceive(piece: UnsafeRawBufferPointer) -> PieceAnswer {
    if isPaused, !waiters.isEmpty { return .pause }
    let isStreaming = isStreaming
    let limit = isStreaming ? streamBytes : checked.maxResponseBytes
    guard answer.take(piece: piece, limit: limit, keep: !isStreaming) else {
      stop = .bodyTooBig(limit)
      return .end
    }
    guard isStreaming, let receiver, let waiter = waiters.first, !waiter.ticket.isCancelled else { return .taken }
    switch receiver.piece(Array(piece)) {
    case .more: break
    case .pause: isPaused = true
    case .stop: waiter.ticket.cancel()
    }
    return .taken
  }

  /// Lets a paused stream go on; also when nobody listens any more.
  func resume() {
    guard isPaused else { return }
    isPaused = false
    handle?.resume()
  }

  /// Whether the body goes to the receiver: only that of a 2xx answer does.
  private var isStreaming: Bool { receiver != nil && (200..<300).contains(answer.status ?? 0) }
}
