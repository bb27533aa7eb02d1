package import Model

/// One resource in the engine: its committed state, its mailbox, and the one commit that may be in flight.
struct Slot: Sendable {
  /// The state as it is durable.
  var machine: ResourceMachine
  /// Versions of its records in the ledger.
  var versions: [LedgerKey: UInt64]
  /// The transition whose commit is in flight; nil: none.
  var flight: Flight?
  /// Events that wait for that commit.
  var mailbox: [MachineEvent] = []
  /// Commands whose answer waits for a commit: their number and the operation that they asked for.
  var asked: [(number: UInt64, operation: ULID)] = []

  /// Secrets whose giving out waits for the commit that forgets them, and the command that asked for them.
  var revealed: (number: UInt64, secrets: [SealedSecret])?

  init(machine: ResourceMachine, versions: [LedgerKey: UInt64] = [:]) {
    self.machine = machine
    self.versions = versions
  }

  /// The records that differ between two states.
  func writes(to next: ResourceMachine, isNew: Bool) -> [RecordWrite] {
    var writes: [RecordWrite] = []
    if isNew || next.resource != machine.resource {
      writes.append(write(Keys.resource(next.resource.id), .resource(next.resource)))
    }
    for id in next.resource.attempts {
      if let attempt = next.attempts[id], attempt != machine.attempts[id] {
        writes.append(write(Keys.attempt(id), .attempt(attempt)))
      }
    }
    return writes
  }

  private func write(_ key: LedgerKey, _ record: Record) -> RecordWrite {
    RecordWrite(key: key, expected: versions[key] ?? 0, record: record)
  }
}

/// A transition on its way into the ledger.
struct Flight: Sendable {
  var commit: UInt64
  var next: ResourceMachine
  var writes: [RecordWrite]
  var notes: [TimelineEntry]
  var hints: [ULID: Int64]
  /// Whether the resource does not exist without it.
  var isNew: Bool
}

/// Names of the core's records.
package enum Keys {
  /// A resource.
  package static func resource(_ id: ULID) -> LedgerKey { LedgerKey("resource", id.description) }
  /// An attempt.
  package static func attempt(_ id: ULID) -> LedgerKey { LedgerKey("attempt", id.description) }
  /// Something that an offering's owner is told of.
  package static func notice(_ id: ULID) -> LedgerKey { LedgerKey("notice", id.description) }
  /// A caller's key.
  package static func idempotency(_ caller: String, _ key: String) -> LedgerKey {
    LedgerKey("idempotency", "\(caller)/\(key)")
  }
}
