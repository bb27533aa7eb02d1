package import Model

/// One thing to look at, again and again.
package struct Watch: Sendable, Hashable {
  /// The resource.
  package var resource: ULID
  /// The attempt.
  package var attempt: ULID
  /// The account to ask.
  package var account: String
  /// Whether it is expected to be gone.
  package var expectAbsent: Bool
  /// The object to ask for by id; nil: look the attempt up by name.
  package var object: String?
  /// Milliseconds between two looks.
  package var interval: Int64
}

extension Attempt {
  /// When a watch ends although no look could end it, as where the account cannot be asked any more; nil: it does not.
  var watchEnd: Instant? { status == .unknown ? nil : watchUntil.map { $0 + lateWindowMs } }
}

extension ResourceMachine {
  /// What is to be looked at now, and how often.
  package func watches(at now: Instant, policy: Policy) -> [Watch] {
    resource.attempts.compactMap { attempts[$0] }.flatMap { attempt in watches(attempt, at: now, policy: policy) }
  }

  /// Everything on an account that is looked at, was, or may be.
  func watchable(on account: String) -> [LookPlan.Key] {
    attempts.values.filter { $0.placement.account == account }.flatMap { attempt in
      [LookPlan.Key(attempt: attempt.id, object: nil)]
        + attempt.objects.map { LookPlan.Key(attempt: attempt.id, object: $0.id) }
    }
  }

  private func watches(_ attempt: Attempt, at now: Instant, policy: Policy) -> [Watch] {
    func watch(_ object: String?, _ interval: Int64, absent: Bool = false) -> Watch {
      Watch(
        resource: resource.id, attempt: attempt.id, account: attempt.placement.account, expectAbsent: absent,
        object: object, interval: interval)
    }
    switch attempt.status {
    case .dispatched: return []
    case .unknown: return [watch(nil, lookupInterval(attempt, at: now, policy: policy))]
    case .absent: return attempt.watchUntil == nil ? [] : [watch(nil, policy.latePoll)]
    case .created:
      let late =
        attempt.watchUntil == nil ? [] : [watch(nil, min(policy.latePoll, max(attempt.settleMs, policy.youngPoll)))]
      return late
        + attempt.objects.compactMap { object in
          switch object.fate {
          case .kept:
            let waits = !resource.state.isHandedOver || resource.openOperation != nil
            let young = growing(since: object.seenAt, at: now, policy: policy)
            if resource.state.isBeingSetUp { return watch(object.id, policy.oldPoll) }
            return watch(object.id, waits ? young : policy.oldPoll)
          case .doomed: return watch(object.id, policy.oldPoll, absent: true)
          case .ending(let since):
            return watch(object.id, growing(since: since, at: now, policy: policy), absent: true)
          case .gone, .foreign: return nil
          }
        }
    }
  }

  /// Short while young, then a tenth of the age, never longer than for something that rests.
  private func growing(since start: Instant, at now: Instant, policy: Policy) -> Int64 {
    min(max(policy.youngPoll, (now - start) / 10), policy.oldPoll)
  }

  /// Before the settle window ends a lookup can only find; after it two in a row decide.
  private func lookupInterval(_ attempt: Attempt, at now: Instant, policy: Policy) -> Int64 {
    guard let leftAt = attempt.leftAt else { return policy.youngPoll }
    let settled = leftAt + attempt.settleMs
    guard now < settled else { return policy.youngPoll }
    let growing = growing(since: leftAt, at: now, policy: policy)
    return min(growing, max(settled - now, 1))
  }

  /// When something is due although nothing happens: an effect, a deadline, an expiry, the end of a watch.
  /// What `isWithheld` names is not: its time may have come long ago.
  package func nextTimer(running: Set<ULID>, besides isWithheld: (Effect) -> Bool = { _ in false }) -> Instant? {
    var times: [Instant] = resource.pending.filter { !running.contains($0.id) && !isWithheld($0) }.map(\.notBefore)
    if let operation = resource.openOperation { times.append(operation.deadline) }
    if let expiry = resource.expiresAt, resource.goal != .absent, !resource.state.isFinal { times.append(expiry) }
    if let wake = resource.wakeAt { times.append(wake) }
    if let until = resource.heldUntil { times.append(until) }
    times += attempts.values.compactMap(\.watchEnd)
    return times.min()
  }
}
