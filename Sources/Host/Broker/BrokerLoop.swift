import CCurl

/// The broker's thread: commands in, libcurl's multi loop, results out.
///
/// Everything here is confined to that thread; the mailbox is the only way in. While nothing is under way the thread
/// sleeps in `curl_multi_poll` without a timer.
final class BrokerLoop {
  typealias Lane = AccountLane<Transfer>

  let limits: BrokerConfiguration
  let hooks: BrokerHooks
  let clock: BrokerClock
  let mailbox: BrokerMailbox
  let multi: UnsafeMutableRawPointer

  /// Every transfer that has not ended, waiting or on the wire.
  var live: [ObjectIdentifier: Transfer] = [:]
  var lanes: [Lane.Key: Lane] = [:]
  /// Lanes that may have something to start.
  var ready: Set<Lane.Key> = []
  /// Places that stay taken for a while: their transfers ended while the name was still being resolved, and libcurl's
  /// resolver thread lives on. Else a dead resolver and short timeouts would pile up threads.
  var lingering: [(lane: Lane.Key, untilMs: Int64)] = []
  /// Accounts with a limit a second, and the lanes that wait for their next place.
  var pacers: [String: AccountPacer] = [:]
  var paced: [Lane.Key: Int64] = [:]
  var flights: [CatalogCache.Key: Transfer] = [:]
  var cache: CatalogCache

  private var byHandle: [UnsafeMutableRawPointer: Transfer] = [:]
  var closers: [@Sendable () -> Void] = []
  var isClosing = false

  /// Takes over the multi handle.
  init(
    multi: UnsafeMutableRawPointer, limits: BrokerConfiguration, hooks: BrokerHooks, clock: BrokerClock,
    mailbox: BrokerMailbox
  ) {
    self.multi = multi
    self.limits = limits
    self.hooks = hooks
    self.clock = clock
    self.mailbox = mailbox
    cache = CatalogCache(capacity: limits.cacheBytes)
    _ = slipway_curl_multi_long(multi, CURLMOPT_MAXCONNECTS, limits.idleConnections)
  }

  /// Runs until the broker is closed and nothing is on the wire any more.
  func run() {
    while true {
      for command in mailbox.drain() { obey(command) }
      expire(nowMs: clock.monotonicMs())
      startReady()
      var running: Int32 = 0
      _ = curl_multi_perform(multi, &running)
      if collectEnded() { continue }
      if isClosing, live.isEmpty { break }
      _ = curl_multi_poll(multi, nil, 0, sleepMs(nowMs: clock.monotonicMs()), nil)
    }
    let late = mailbox.end()
    curl_multi_cleanup(multi)
    for command in late { obey(command) }
    for ended in closers { ended() }
  }

  /// Milliseconds until something must be done without libcurl's asking.
  private func sleepMs(nowMs: Int64) -> Int32 {
    let places = lingering.lazy.map(\.untilMs).min()
    let deadlines = live.values.lazy.compactMap(\.nextDeadlineMs).min()
    let steps = paced.values.min()
    guard let next = [places, deadlines, steps].compactMap(\.self).min() else { return Int32.max }
    return Int32(clamping: max(next - nowMs, 0) + 1)
  }

  /// Starts what has a place; a start that fails at once makes room for the next.
  private func startReady() {
    while let key = ready.popFirst() {
      while let first = lanes[key]?.next(places: limits.concurrentPerAccount) {
        if let at = place(first.checked) {
          paced[key] = at
          break
        }
        if let transfer = lanes[key]?.start(places: limits.concurrentPerAccount) { start(transfer) }
      }
      if lanes[key]?.isIdle == true { lanes[key] = nil }
    }
  }

  /// Takes a place in the account's pace; the millisecond of the next one where there is none now.
  private func place(_ checked: CheckedRequest) -> Int64? {
    guard let perSecond = checked.request.grant.perSecond else { return nil }
    return pacers[checked.account, default: AccountPacer(perSecond: perSecond)].take(at: clock.monotonicMs())
  }

  /// Asks the gate, fetches the credential, and hands the transfer to libcurl.
  private func start(_ transfer: Transfer) {
    let checked = transfer.checked
    let question = BrokerGateQuestion(
      account: checked.account, verb: checked.request.verb, method: checked.method,
      isResolving: checked.request.isResolving)
    if case .wait(let ms) = hooks.gate(question) {
      let why = "the account's request budget is used up; try again in \(ms) ms"
      return finish(transfer, .notSent(NotSent(.held, why, retryAfterMs: ms)))
    }
    var secret: [UInt8] = []
    if checked.endpoint.auth != .none { secret = checked.request.grant.credential(checked.request.endpoint) ?? [] }
    var copy = secret
    transfer.credential = secret.isEmpty ? nil : CredentialBytes(taking: &copy)
    guard let placement = CredentialPlacement.place(&secret, scheme: checked.endpoint.auth) else {
      let why =
        "account \(shown(checked.account)) has no usable credential for endpoint "
        + "\"\(shown(checked.request.endpoint))\" (missing, or with a line end); store the credential again"
      return finish(transfer, .notSent(NotSent(.noCredential, why)))
    }
    let handle = CurlHandle(
      transfer.plan, body: checked.request.body, credential: placement,
      connectTimeoutMs: limits.connectTimeoutMs, context: transfer)
    guard let handle, handle.failure == nil, curl_multi_add_handle(multi, handle.easy) == CURLM_OK else {
      return finish(transfer, .notSent(NotSent(.refused, handle?.failure ?? "no memory")))
    }
    transfer.handle = handle
    byHandle[handle.easy] = transfer
  }

  /// Finishes what libcurl has ended; whether there was anything.
  private func collectEnded() -> Bool {
    var found = false
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left)?.pointee {
      guard message.msg == CURLMSG_DONE, let easy = message.easy_handle, let transfer = byHandle[easy] else { continue }
      found = true
      let code = message.data.result
      let detail = transfer.handle?.detail(code, wasSent: transfer.times.wasSent) ?? ""
      let end = TransferEnd(
        isComplete: code == CURLE_OK, detail: detail,
        errorNumber: code == CURLE_COULDNT_CONNECT ? transfer.handle?.errorNumber ?? 0 : 0)
      transfer.scrub()
      finish(transfer, transfer.outcome(stop: transfer.stop, end: end))
    }
    return found
  }

  /// Ends a transfer with the broker's own reason.
  func abandon(_ transfer: Transfer, _ stop: TransferStop) {
    transfer.scrub()
    let isResolving = transfer.handle != nil && !transfer.hasSocket && !transfer.times.wasSent
    finish(transfer, transfer.outcome(stop: stop, end: nil), keepsPlace: isResolving)
  }

  /// Ends a transfer: off the wire, then recorded, then cached, then told to whoever waits.
  func finish(_ transfer: Transfer, _ outcome: BrokerOutcome, keepsPlace: Bool = false) {
    let key = Lane.Key(account: transfer.checked.account, isRead: transfer.isRead)
    let wasWaiting = lanes[key]?.waiting.contains { $0 === transfer } ?? false
    if let handle = transfer.handle {
      transfer.times.newConnection = handle.madeConnection(wasSent: transfer.times.wasSent)
      transfer.times.httpVersion = handle.httpVersion
      curl_multi_remove_handle(multi, handle.easy)
      byHandle[handle.easy] = nil
      transfer.handle = nil
    }
    transfer.credential = nil
    let now = clock.monotonicMs()
    transfer.times.endedMonotonicMs = now
    transfer.times.endedWallMs = clock.wallMs()
    live[ObjectIdentifier(transfer)] = nil
    if let flight = transfer.cacheKey, flights[flight] === transfer { flights[flight] = nil }
    if wasWaiting {
      lanes[key]?.removeWaiting { $0 === transfer }
    } else if keepsPlace {
      lingering.append((key, now + limits.resolverLingerMs))
    } else {
      lanes[key]?.leave()
    }
    ready.insert(key)

    if case .answered(let answer) = outcome {
      transfer.pass(.bytesIn)
      if let cacheKey = transfer.cacheKey { cache.store(answer, key: cacheKey, nowMs: now) }
    }
    let result = BrokerResult(outcome: outcome, times: transfer.times)
    if !transfer.isRead {
      hooks.record(BrokerRecord(transfer.checked, result: result, partialBody: transfer.answer.body))
    }
    for waiter in transfer.waiters { waiter.deliver(result) }
    transfer.waiters = []
  }
}
