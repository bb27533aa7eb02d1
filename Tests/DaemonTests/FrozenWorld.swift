import Core
import Foundation
import Model
import Store

@testable import Daemon

/// A ledger that an engine goes on from, with two clouds on which everything works. Time passes as the engine wants.
struct FrozenWorld {
  private let ledger: SQLiteLedger
  private var engine: Engine
  private var now: Instant
  private let boot = ULID(high: 10, low: 1)
  private var waiting: [EngineEvent] = [.started]
  /// What stands in the clouds, by attempt.
  private var standing: [ULID: [String]] = [:]
  private var switchedOff: Set<String> = []
  private var made = 0
  /// Effects performed, by name, with the attempt that they were for.
  private(set) var performed: [(name: String, attempt: ULID?, hadLooked: Bool)] = []
  private var looked: Set<ULID> = []

  /// Reads a ledger as the daemon does.
  init(_ ledger: SQLiteLedger) async throws {
    self.ledger = ledger
    now = FrozenRecords.at + 5_000
    var records: [(key: LedgerKey, version: UInt64, record: Record)] = []
    for prefix in ["resource/", "attempt/", "idempotency/"] {
      for stored in try ledger.records(prefix: prefix) {
        guard let record = try RecordCodec.decode(stored) else { continue }
        records.append((stored.key, stored.version, record))
        guard case .attempt(let attempt) = record else { continue }
        standing[attempt.id] = attempt.objects.filter { if case .gone = $0.fate { false } else { true } }.map(\.id)
      }
    }
    for case .resource(let resource) in records.map(\.record) {
      if case .stopped(_, let object) = resource.state { switchedOff.insert(object) }
    }
    let accounts = try await Registry(ledger: ledger).allAccounts.map {
      AccountFacts(
        name: $0.name, plugin: $0.plugin, limits: $0.limits, identityHolds: true, guards: $0.guards ?? .init())
    }
    engine = Engine(boot: boot, policy: Policy(), seed: 1, records: records, accounts: accounts, at: now)
  }

  /// Everything that the engine knows.
  var machines: [ResourceMachine] { engine.machines }

  /// Objects that stand, by attempt.
  var objects: [ULID: [String]] { standing.filter { !$0.value.isEmpty } }

  /// Ends every resource that is still there.
  mutating func endAll() {
    for (number, machine) in engine.machines.enumerated() where !machine.resource.state.isFinal {
      waiting.append(.command(UInt64(number), .terminate(machine.resource.id, reason: "test")))
    }
  }

  /// Goes on until the engine has nothing to do for so many milliseconds, or for good.
  mutating func go(_ span: Int64) async throws {
    let end = now + span
    while true {
      while !waiting.isEmpty {
        let event = waiting.removeFirst()
        for action in engine.handle(event, at: now) { try await act(action) }
      }
      guard let next = engine.nextWake(), next <= end else { return }
      now = max(next, now + 1)
      waiting.append(.tick)
    }
  }

  private mutating func act(_ action: EngineAction) async throws {
    switch action {
    case .commit(let number, let writes):
      let encoded = try writes.map {
        LedgerWrite(key: $0.key, expected: $0.expected, value: try RecordCodec.encode($0.record))
      }
      let ledger = ledger
      let result = await withCheckedContinuation { continuation in
        ledger.commit(encoded) { continuation.resume(returning: $0) }
      }
      try result.get()
      waiting.append(.committed(number))
    case .perform(let effect, let resource, let attempt):
      performed.append((effect.kind.name, effect.kind.attempt, attempt.map { looked.contains($0.id) } ?? false))
      waiting.append(.finished(resource: resource.id, effect: effect, perform(effect, attempt)))
    case .look(let number, _, let entries):
      waiting.append(.looked(number, .seen(entries.map { look($0) }, requests: 1)))
    case .halt(let reason): throw LedgerError.broken(reason)
    case .abandon, .answer, .notes, .changed, .notice, .alarm: break
    }
  }

  private mutating func perform(_ effect: Effect, _ attempt: Attempt?) -> EffectResult {
    switch effect.kind {
    case .validate: return .validated(FrozenRecords.resolved)
    case .prepare:
      return .prepared(cookie: nil, bootstrap: BootstrapKey(publicKey: "ssh-ed25519 AAAA", privateKey: nil))
    case .provision(let id):
      made += 1
      standing[id, default: []].append("new\(made)")
      return .created(Created(externalID: "new\(made)", ipv4: "192.0.2.9"))
    case .terminate(let id, let object):
      standing[id]?.removeAll { $0 == object }
      return .ending(cookie: nil, pollAfterMs: 0)
    case .secure: return .secured(newHostKey: "ssh-ed25519 AAAA own")
    case .run: return .ran(RecipeReport(.exited(0), durationMs: 1))
    case .cancel, .tidy: return .done
    case .power(_, let object, let action):
      if action == .stop { switchedOff.insert(object) } else { switchedOff.remove(object) }
      return .powered(cookie: nil)
    }
  }

  private mutating func look(_ entry: LookEntry) -> Observation {
    looked.insert(entry.attempt.id)
    let standing = standing[entry.attempt.id] ?? []
    func seen(_ object: String) -> ObservedObject {
      let state: ObservedState = !standing.contains(object) ? .gone : switchedOff.contains(object) ? .stopped : .running
      return ObservedObject(externalID: object, state: state, ipv4: "192.0.2.9")
    }
    let objects = entry.object.map { [seen($0)] } ?? standing.map(seen)
    return Observation(
      attempt: entry.attempt.id, objects: objects, scope: entry.object == nil ? .byName : .byID, complete: true,
      begunAt: now, mutations: entry.mutations, identityHolds: true)
  }
}
