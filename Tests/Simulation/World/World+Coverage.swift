import Core
import Model

// What a run went through, counted.
extension World {
  /// Something is about to happen to a resource.
  mutating func cover(_ id: ULID, _ event: String) {
    guard let state = engine?.machine(id)?.resource.state.name else { return }
    tally.cells[Cell(state, event), default: 0] += 1
  }

  /// What time is about to do.
  mutating func coverTimers() {
    guard let machines = engine?.machines else { return }
    for machine in machines {
      let resource = machine.resource
      if let operation = resource.openOperation, operation.deadline <= hostNow {
        cover(resource.id, "deadline of \(operation.kind.rawValue)")
      }
      if let expiry = resource.expiresAt, expiry <= hostNow, resource.goal != .absent, !resource.state.isFinal {
        cover(resource.id, "expiry")
      }
    }
  }

  /// The host is about to die: how far was each effect?
  mutating func coverDeath() {
    for call in calls.values { tally.deathsAt["\(call.effect.kind.name) × \(call.stage.rawValue)", default: 0] += 1 }
    for writes in flights.values {
      for case .resource(let next) in writes.map(\.record) {
        let old = rules.replica[next.id]?.resource.pending ?? []
        for effect in next.pending where !old.contains(where: { $0.id == effect.id }) {
          tally.deathsAt["\(effect.kind.name) × intent not durable", default: 0] += 1
        }
        for effect in old where !next.pending.contains(where: { $0.id == effect.id }) {
          tally.deathsAt["\(effect.kind.name) × outcome not durable", default: 0] += 1
        }
      }
    }
  }
}
