extension BrokerLoop {
  /// Carries out one command.
  func obey(_ command: BrokerCommand) {
    switch command {
    case .submit(let submission): submit(submission)
    case .cancel(let id): stopWaiting(id)
    case .resume(let id): live.values.first { $0.waiters.contains { $0.ticket.id == id } }?.resume()
    case .forget(let account): cache.forget(account: account)
    case .close(let ended): close(ended)
    }
  }

  private func submit(_ submission: BrokerSubmission) {
    let now = clock.monotonicMs()
    let times = BrokerTimes(startedMonotonicMs: now, startedWallMs: clock.wallMs())
    func refuse(_ cause: NotSent.Cause, _ reason: String, retryAfterMs: Int64 = 0) {
      var ended = times
      ended.endedMonotonicMs = now
      ended.endedWallMs = times.startedWallMs
      submission.deliver(
        BrokerResult(outcome: .notSent(NotSent(cause, reason, retryAfterMs: retryAfterMs)), times: ended))
    }
    let checked: CheckedRequest
    switch submission.request {
    case .failure(let refusal): return refuse(.refused, refusal.sentence)
    case .success(let request): checked = request
    }
    if isClosing { return refuse(.closing, "the host is shutting down") }
    if submission.ticket.isCancelled { return refuse(.cancelled, "it was cancelled") }
    let waiter = Transfer.Waiter(
      ticket: submission.ticket, deadlineMs: now + checked.timeoutMs, deliver: submission.deliver)
    let transfer = Transfer(
      checked, receiver: submission.receiver, waiter: waiter, times: times, limits: limits, hooks: hooks, clock: clock)
    if let key = transfer.cacheKey {
      if let answer = cache.find(key, ttlMs: checked.cacheTTLMs, nowMs: now) {
        var ended = times
        ended.endedMonotonicMs = now
        ended.endedWallMs = times.startedWallMs
        return submission.deliver(BrokerResult(outcome: .answered(answer), times: ended))
      }
      if let flight = flights[key] {
        flight.waiters.append(waiter)
        return
      }
    }
    let lane = Lane.Key(account: checked.account, isRead: transfer.isRead)
    guard
      lanes[lane, default: Lane()].enter(
        transfer, most: limits.waitingPerAccount, places: limits.concurrentPerAccount)
    else {
      return refuse(
        .held, "too many requests of this account are waiting", retryAfterMs: 1000)
    }
    if let key = transfer.cacheKey { flights[key] = transfer }
    live[ObjectIdentifier(transfer)] = transfer
    ready.insert(lane)
  }

  /// Delivers to one waiter, who gave up, what is known; ends the transfer where nobody waits and it may end.
  private func stopWaiting(_ id: UInt64) {
    guard let transfer = live.values.first(where: { $0.waiters.contains { $0.ticket.id == id } }) else { return }
    stopWaiting(transfer, .cancelled) { $0.ticket.id == id }
  }

  /// Ends what is overdue.
  func expire(nowMs: Int64) {
    for place in lingering where place.untilMs <= nowMs {
      lanes[place.lane]?.leave()
      ready.insert(place.lane)
    }
    lingering.removeAll { $0.untilMs <= nowMs }
    for (lane, at) in paced where at <= nowMs {
      paced[lane] = nil
      ready.insert(lane)
    }
    if !pacers.isEmpty { pacers = pacers.filter { !$0.value.isRested(at: nowMs) } }
    for transfer in live.values where (transfer.nextDeadlineMs ?? Int64.max) <= nowMs {
      if transfer.mustFinish, transfer.wireDeadlineMs <= nowMs {
        abandon(transfer, .timeout)
      } else {
        stopWaiting(transfer, .timeout) { $0.deadlineMs <= nowMs }
      }
    }
  }

  private func stopWaiting(_ transfer: Transfer, _ stop: TransferStop, who isGone: (Transfer.Waiter) -> Bool) {
    let gone = transfer.waiters.filter(isGone)
    if gone.count == transfer.waiters.count, !transfer.mustFinish { return abandon(transfer, stop) }
    transfer.waiters.removeAll(where: isGone)
    // A stream without a listener is read to its end, unpaused.
    if transfer.waiters.isEmpty { transfer.resume() }
    let result = BrokerResult(outcome: transfer.outcome(stop: stop, end: nil), times: transfer.times)
    for waiter in gone { waiter.deliver(result) }
  }

  private func close(_ ended: @escaping @Sendable () -> Void) {
    closers.append(ended)
    isClosing = true
    for transfer in live.values where !transfer.mustFinish { abandon(transfer, .closing) }
  }
}

extension Transfer {
  /// Whether it is on the wire and may have changed something: then it is finished whoever waits.
  var mustFinish: Bool { !isRead && times.wasSent && handle != nil }

  /// When something about it becomes overdue.
  var nextDeadlineMs: Int64? {
    let waiting = waiters.map(\.deadlineMs).min()
    return mustFinish ? min(waiting ?? wireDeadlineMs, wireDeadlineMs) : waiting
  }
}
