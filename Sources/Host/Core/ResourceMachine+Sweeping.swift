import Model

// What a comparison with the whole account leads to.
extension ResourceMachine {
  /// An object of a settled attempt has to go. Judged again here, against what is committed: what a sweep read may be
  /// out of date.
  mutating func stray(_ id: ULID, _ object: String, turn: inout Turn) {
    guard hasSettled(id) else { return }
    guard let known = attempts[id]?.objects.first(where: { $0.id == object }) else {
      resource.mutations += 1
      note(.intent, "sweep: end \(object)", ["external_id": object], turn: &turn)
      return learn(object, of: id, turn: &turn)
    }
    guard case .gone = known.fate else { return }
    resource.mutations += 1
    note(.intent, "sweep: end \(object), which is back", ["external_id": object], turn: &turn)
    find(.late, "object \(object) is back after it was gone; it is being ended", turn: &turn)
    doom(id, object, turn: &turn)
  }

  /// Why it cannot be given out of our hands; nil: it can.
  var releaseRefusal: Failure? {
    guard resource.state.isHandedOver, resource.goal != .absent, resource.openOperation == nil else {
      return Failure(
        .busy, "resource \(resource.id) is \(resource.state.name); release needs it active or stopped, with no work",
        remedy: "wait for it, or end it: `slipway terminate \(resource.id)`")
    }
    guard attempts.values.allSatisfy({ $0.objects.allSatisfy { !$0.isOwed } && $0.status != .unknown }) else {
      return Failure(
        .busy, "resource \(resource.id) has other objects that are still being ended",
        remedy: "wait for them: `slipway explain \(resource.id)`")
    }
    return nil
  }

  /// Nothing more is done to its machine, which goes on running and costing.
  mutating func release(_ operation: ULID, turn: inout Turn) {
    guard releaseRefusal == nil, let used = resource.state.object else { return }
    var work = Operation(id: operation, kind: .release, acceptedAt: turn.now, deadline: turn.now)
    work.outcome = .succeeded
    work.decidedAt = turn.now
    resource.operations.append(work)
    resource.mutations += 1
    resource.pending.removeAll { !turn.running.contains($0.id) }
    resource.wakeAt = nil
    resource.bootstrap?.privateKey = nil
    resource.secrets = []
    update(used.attempt, used.id) { $0.fate = .foreign }
    note(.intent, "released: \(used.id) stays, and is not ours any more", ["external_id": used.id], turn: &turn)
    mark(.ended, turn: &turn)
    move(to: .released, turn: &turn)
  }
}
