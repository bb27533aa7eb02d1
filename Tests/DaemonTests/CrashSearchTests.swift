import Core
import Crypto
import Foundation
import Model
import PluginMessages
import Synchronization
import Testing

@testable import Daemon

/// The one entry of a batch that crashes a plugin, found through the real performer.
@Suite struct CrashSearchTests {
  /// A plugin whose worker dies whenever one of these attempts is in the batch.
  private final class Deadly: PluginCalling {
    let culprits = Mutex<Set<String>>([])
    let calls = Mutex<[Int]>([])
    let parkedNames = Mutex<Set<String>>([])

    func call(
      _ verb: HostVerb, on account: AccountRecord, payload: [UInt8], subject: CallSubject
    ) async -> VerbOutcome {
      guard let request = try? JSONDecoder().decode(PollRequest.self, from: Data(payload)) else {
        return VerbOutcome(ending: .notBegun(Failure(.internal, "no poll")))
      }
      calls.withLock { $0.append(request.entries.count) }
      if culprits.withLock({ culprits in request.entries.contains { culprits.contains($0.attemptId) } }) {
        return VerbOutcome(ending: .crashed(Failure(.internal, "the worker died")))
      }
      let reply = PollReply(
        results: request.entries.map {
          PollResult(attemptId: $0.attemptId, observations: [], scope: .byID, allPagesRead: true)
        })
      return VerbOutcome(ending: .replied([UInt8]((try? JSONEncoder().encode(reply)) ?? Data())), requests: 1)
    }

    func parked(_ verb: HostVerb, plugin: String) async -> Set<String> { parkedNames.withLock { $0 } }
  }

  @Test func `a batch that crashes is halved until everything but the culprit is known`() async throws {
    let plugin = Deadly()
    var random = Randomness(seed: 7)
    let start = Instant(ms: 1_700_000_000_000)
    let seal = Seal(current: try SealingKey.generate())
    let installation = try Vault.newInstallation(id: random.id(at: start), seal: seal)
    let vault = Vault(seal: seal, key: try Vault.sshKey(of: installation, seal: seal)) { _ in "" }
    let registry = try Registry(ledger: TableLedger())
    let limits = CloudLimits(
      settleMs: 1, lateWindowMs: 1, uniqueNames: false, pollBatch: 50, requestsPerHour: nil)
    try await registry.put(
      AccountRecord(
        name: "main", plugin: "deadly", endpoints: [:], settings: .object([:]), limits: limits, addedAt: start))
    let performer = Performer(
      registry: registry, verbs: VerbCaller(plugins: plugin, installation: installation.id), vault: vault,
      shell: NoShell(), recipes: NoShell(), clock: HostClock { start })
    let entries = (0..<50).map { _ in
      let resource = random.id(at: start)
      let attempt = Attempt(
        id: random.id(at: start), resource: resource, operation: random.id(at: start), plugin: "deadly",
        placement: Placement(account: "main", type: "t", location: "l", image: "i", config: "{}"),
        resolved: ResolvedPlacement(
          type: "t", location: "l", imageID: "i", architecture: "x86", vcpu: 1, memoryMB: 1, diskGB: 1, price: nil),
        name: "n", cookie: nil, limits: limits)
      return LookEntry(resource: resource, attempt: attempt, object: "1", expectAbsent: false, mutations: 0)
    }
    let culprit = entries[17]
    plugin.culprits.withLock { $0 = [culprit.attempt.id.description] }
    guard case .seen(let seen, _) = await performer.look(account: "main", entries) else {
      return _ = Issue.record("the look failed")
    }
    #expect(Set(seen.map(\.attempt)) == Set(entries.map(\.attempt.id)).subtracting([culprit.attempt.id]))
    let calls = plugin.calls.withLock { $0 }
    #expect(calls.count <= 14 && calls.count { $0 == 1 } >= 2, "halves, and the culprit twice: \(calls)")
    // Once it is parked, it does not even come along.
    plugin.parkedNames.withLock { $0 = ["\(culprit.resource)/\(culprit.attempt.id)"] }
    plugin.calls.withLock { $0 = [] }
    guard case .seen(let rest, _) = await performer.look(account: "main", entries) else {
      return _ = Issue.record("the look failed")
    }
    #expect(rest.count == 49 && plugin.calls.withLock { $0 } == [49])
  }

  private struct NoShell: RemoteShell, RecipeRunning {
    func secure(_ step: SecureStep, _ target: RemoteTarget) async -> EffectResult {
      .notSent(Failure(.internal, "no shell here"))
    }
    func run(_ id: ULID, of resource: Resource, _ attempt: Attempt, on object: CloudObject) async -> EffectResult {
      .notSent(Failure(.internal, "no shell here"))
    }
    func cancel(_ id: ULID, of resource: Resource, on object: CloudObject) async -> EffectResult {
      .notSent(Failure(.internal, "no shell here"))
    }
    func tidy(_ resource: Resource, on object: CloudObject) async -> EffectResult {
      .notSent(Failure(.internal, "no shell here"))
    }
  }
}
