import Core
import Model

extension World {
  /// Checks every rule after a step.
  mutating func check() throws(Violation) {
    if let engine {
      for id in touched where !engine.isCommitting(id) {
        if let live = engine.machine(id), live != rules.replica[id] {
          throw violation("replay of \(id) differs from the live state")
        }
      }
      if now - max(aliveSince, pausedUntil, fullUntil) >= 4_000 {
        for (_, operation) in rules.open where hostNow > operation.deadline + 4_000 {
          throw violation("\(operation.kind.rawValue) of \(operation.resource) was not decided by its deadline")
        }
      }
    }
    touched = []
    if let first = rules.broken.first { throw violation(first) }
  }

  /// A new start replays the records; it finds what the last one had stored, whole.
  mutating func checkReplay() {
    guard let engine else { return }
    let machines = engine.machines
    if machines.count != rules.replica.count { rules.broken.append("a start lost a resource") }
    for machine in machines where rules.replica[machine.resource.id] != machine {
      rules.broken.append("replay of \(machine.resource.id) differs from what was stored")
    }
  }

  /// Once faults have stopped and the late window has passed.
  mutating func checkEnd() throws(Violation) {
    guard let engine else { throw violation("the host is not up at the end") }
    var wanted = rules.released
    var lied: Set<ULID> = []
    for machine in engine.machines {
      let resource = machine.resource
      if machine.attempts.values.contains(where: { liars.contains($0.placement.account) }) { lied.insert(resource.id) }
      if resource.openOperation != nil { throw violation("\(resource.id): an operation is undecided at the end") }
      if !resource.state.isFinal && !resource.state.isHandedOver && !lied.contains(resource.id) {
        throw violation("\(resource.id) is \(resource.state.name) at the end")
      }
      if let expiry = resource.expiresAt, hostNow > expiry + 4_000, !resource.state.isFinal, resource.goal != .absent {
        throw violation("\(resource.id) outlived its expiry")
      }
      if let object = resource.state.object, let attempt = machine.attempts[object.attempt] {
        wanted.insert("\(attempt.placement.account)/\(object.id)")
      }
    }
    let strangers = cloud.objects.filter { $0.attempt == nil }
    if let hurt = strangers.first(where: { $0.deletedAt != nil && !$0.isExcused }) {
      throw violation("\(hurt.place), a stranger's, was ended")
    }
    var ours = cloud.objects.filter { $0.attempt != nil && $0.isOurs }
    // Whose plugin lied knows only what it was told.
    ours.removeAll { object in object.attempt.flatMap { rules.creates[$0] }.map { lied.contains($0.resource) } ?? false
    }
    let living = Set(ours.filter { $0.deletedAt == nil }.map(\.place))
    let missing = living.subtracting(wanted)
    if !missing.isEmpty { throw violation("left in the cloud: \(missing.sorted()); wanted: \(wanted.sorted())") }
    tally.handedOver = rules.handedOverCount
    for object in ours where !wanted.contains(object.place) {
      let span = (object.deletedAt ?? now) - object.bornAt
      if object.isExcused { tally.lateMs += span }
    }
  }
}
