import Model

// What a look means where nothing happens, which is most of the time of most resources.
extension ResourceMachine {
  /// Whether a look that shows what is known changes nothing, and nothing is due: it was handed over, nothing is under way, its
  /// one object stands as it stood, and every other attempt is settled. Where this says no, the look may still change nothing.
  func rests(under look: Observation, at now: Instant) -> Bool {
    guard let (id, external) = resource.state.object, look.attempt == id, isSettled(at: now),
      let attempt = attempts[id], look.cookie == nil || look.cookie == attempt.cookie,
      let seen = look.objects.first, look.objects.count == 1, seen.externalID == external,
      let object = attempt.objects.first(where: { $0.id == external }), object.fate == .kept, object.goneLooks == 0
    else { return false }
    switch (resource.state, seen.state) {
    case (.active, .running), (.stopped, .stopped): return object.isKnown(as: seen)
    default: return false
    }
  }

  /// Whether it only has to be looked at now and then.
  private func isSettled(at now: Instant) -> Bool {
    guard resource.state.isHandedOver, resource.pending.isEmpty, resource.openOperation == nil,
      resource.wakeAt == nil, resource.heldUntil == nil, resource.expiresAt.map({ $0 > now }) ?? true
    else { return false }
    return attempts.values.allSatisfy { attempt in
      attempt.watchUntil == nil && (attempt.status == .created || attempt.status == .absent)
        && !attempt.objects.contains(where: \.isOwed)
    }
  }
}

extension CloudObject {
  /// Whether a look tells nothing new of it.
  fileprivate func isKnown(as seen: ObservedObject) -> Bool {
    (seen.createdAt == nil || seen.createdAt == createdAt)
      && (seen.ipv4 == nil || seen.ipv4 == ipv4) && (seen.ipv6 == nil || seen.ipv6 == ipv6)
      && (seen.sshHost == nil || seen.sshHost == sshHost) && (seen.sshPort == nil || seen.sshPort == sshPort)
      && (firstIPv4 != nil || ipv4 == nil) && (firstIPv6 != nil || ipv6 == nil)
  }
}
