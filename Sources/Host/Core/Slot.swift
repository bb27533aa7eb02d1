package import Model

/// One resource in the engine: its committed state, its mailbox, and the one commit that may be in flight.
///
/// A pointer: a table of these is no larger than its keys, and reading one copies nothing.
struct Slot: Sendable {
  private struct Body: Sendable {
    var machine: ResourceMachine
    var versions: RecordVersions
    var flight: Boxed<Flight>?
    var mailbox: [MachineEvent] = []
    var asked: [(number: UInt64, operation: ULID)] = []
    var revealed: (number: UInt64, secrets: [SealedSecret])?
  }

  @Boxed private var body: Body

  init(machine: ResourceMachine, versions: RecordVersions = RecordVersions()) {
    _body = Boxed(wrappedValue: Body(machine: machine, versions: versions))
  }

  /// The state as it is durable.
  var machine: ResourceMachine {
    _read { yield body.machine }
    _modify { yield &body.machine }
  }

  /// Versions of its records in the ledger.
  var versions: RecordVersions {
    _read { yield body.versions }
    _modify { yield &body.versions }
  }

  /// The transition whose commit is in flight; nil: none.
  var flight: Flight? {
    get { body.flight?.wrappedValue }
    set { body.flight = newValue.map { Boxed(wrappedValue: $0) } }
  }

  /// Events that wait for that commit.
  var mailbox: [MachineEvent] {
    _read { yield body.mailbox }
    _modify { yield &body.mailbox }
  }

  /// Commands whose answer waits for a commit: their number and the operation that they asked for.
  var asked: [(number: UInt64, operation: ULID)] {
    _read { yield body.asked }
    _modify { yield &body.asked }
  }

  /// Secrets whose giving out waits for the commit that forgets them, and the command that asked for them.
  var revealed: (number: UInt64, secrets: [SealedSecret])? {
    get { body.revealed }
    _modify { yield &body.revealed }
  }

  /// The records that differ between two states.
  func writes(to next: ResourceMachine, isNew: Bool) -> [RecordWrite] {
    var writes: [RecordWrite] = []
    if isNew || next.resource != machine.resource {
      writes.append(write(next.resource.id, Keys.resource, .resource(next.resource)))
    }
    for id in next.resource.attempts {
      if let attempt = next.attempts[id], attempt != machine.attempts[id] {
        writes.append(write(id, Keys.attempt, .attempt(attempt)))
      }
    }
    return writes
  }

  private func write(_ id: ULID, _ key: (ULID) -> LedgerKey, _ record: Record) -> RecordWrite {
    RecordWrite(key: key(id), expected: versions[id], record: record)
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
