import Control
package import Core
import Crypto
import Model
import PluginMessages
import Plugins
import Synchronization

/// Knows how each account is: runs self tests, compares the pinned identity, tells the engine.
package final class AccountKeeper: Sendable {
  private let registry: Registry
  private let verbs: VerbCaller
  private let vault: Vault
  private let clock: HostClock
  private let tell: @Sendable (EngineEvent) -> Void
  private let known = Mutex<[String: Known]>([:])
  private let (switches, door) = AsyncStream<PluginManifest>.makeStream()
  private let (doubts, doubt) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

  /// What is known of one account.
  private struct Known {
    var health: AccountHealthView
    /// Whether the identity was seen to hold since the credential last changed and since this start.
    var holds: Bool
    /// Whether the last test met nothing that says anything of the account.
    var isOpen: Bool
  }

  /// Makes a keeper; `tell` sends events to the engine.
  package init(
    registry: Registry, verbs: VerbCaller, vault: Vault, clock: HostClock,
    tell: @escaping @Sendable (EngineEvent) -> Void
  ) {
    self.registry = registry
    self.verbs = verbs
    self.vault = vault
    self.clock = clock
    self.tell = tell
  }

  /// How an account was when it was last checked.
  func health(of name: String) -> AccountHealthView? { known.withLock { $0[name]?.health } }

  /// Forgets an account.
  func forget(_ name: String) { known.withLock { $0[name] = nil } }

  /// Runs the plugin's self test.
  func selfTest(_ account: AccountRecord) async -> Result<SelfTestReply, Failure> {
    await selfTest(account, by: verbs.plugins).mapError(\.failure)
  }

  /// Runs the self test of a plugin that is called by another way, such as an image that does not serve yet.
  func selfTest(
    _ account: AccountRecord, by plugins: any PluginCalling
  ) async -> Result<SelfTestReply, VerbAnswer<SelfTestReply>.Told> {
    let verbs = verbs.by(plugins)
    let request = SelfTestRequest(account: verbs.context(account), installationKey: vault.publicKey)
    let answer: VerbAnswer<SelfTestReply> = await verbs.call(.selfTest, on: account, request)
    return answer.result
  }

  /// Makes what identifies the account where the cloud has nothing of its own: what `prepare` makes is ours alone.
  /// Says whether the cloud let it change something, which proves that the credential may write.
  func prepareIdentity(_ account: AccountRecord) async -> Result<Bool, Failure> {
    let request = PrepareRequest(
      account: verbs.context(account), placement: PlacementSpec(type: "", location: "", image: ""),
      installationKey: vault.publicKey)
    let answer: VerbAnswer<PrepareReply> = await verbs.call(.prepare, on: account, request)
    if case .failure(let told) = answer.result { return .failure(told.failure) }
    return .success(
      answer.outcome.mutations.contains { mutation in
        if case .answered(let status) = mutation.reach { (200..<300).contains(status) } else { false }
      })
  }

  /// Checks an account now: its health, and whether the pinned identity holds. The engine hears of both.
  @discardableResult
  func check(_ account: AccountRecord) async -> AccountHealthView {
    let result = await selfTest(account)
    // What was asked with a credential that was replaced meanwhile says nothing.
    guard let now = await registry.account(account.name), now.credential == account.credential else {
      return health(of: account.name) ?? AccountHealthView(state: "unverified")
    }
    return settle(now, result)
  }

  /// What a self test says of an account. `isNew` where its credential was not tested before.
  @discardableResult
  func settle(
    _ account: AccountRecord, _ result: Result<SelfTestReply, Failure>, isNew: Bool = false
  ) -> AccountHealthView {
    let name = account.name
    var next = Known(health: AccountHealthView(state: "unverified"), holds: false, isOpen: false)
    switch result {
    case .success(let reply):
      next.holds = reply.credentialValid && account.identity != nil && reply.accountIdentity == account.identity
      next.health = AccountHealthView(reply, holds: next.holds)
      if !next.holds { next.health.failure = Self.mismatch(account, reply) }
      if next.holds { tell(.accountHealthy(name, canWrite: reply.canWrite)) }
    case .failure(let failure):
      // The identity was seen to hold, and a test that fails does not unsee it.
      next.holds = !isNew && known.withLock { $0[name]?.holds ?? false }
      let isRefusal = failure.code == .unauthenticated || failure.code == .forbidden
      next.isOpen = !isRefusal && !next.holds
      next.health.state = isRefusal || next.holds ? "failing" : "unverified"
      next.health.credentialValid = failure.code == .unauthenticated ? false : nil
      next.health.failure = ControlFailure(failure)
      if isRefusal { tell(.accountRefused(name, failure)) }
    }
    next.health.checkedAt = Timestamp(clock.now())
    let settled = next
    known.withLock { $0[name] = settled }
    announce(account)
    if next.isOpen { doubt.yield() }
    return next.health
  }

  /// Tells the engine what holds of an account: its plugin, its cloud's limits, and whether its identity was seen to hold.
  func announce(_ account: AccountRecord) {
    let holds = known.withLock { $0[account.name]?.holds ?? false }
    var limits = account.limits
    // What the cloud said itself, as in answer to the test of a new account, counts more than its plugin's manifest.
    limits.requestsPerHour = verbs.budget(account.name) ?? limits.requestsPerHour
    tell(
      .account(
        AccountFacts(
          name: account.name, plugin: account.plugin, limits: limits, identityHolds: holds,
          guards: account.guards ?? ResourceLimits())))
  }

  /// An image of a plugin serves from now on; never blocks.
  func switched(to manifest: PluginManifest) { door.yield(manifest) }

  /// Takes in what images that came to serve say of their clouds, one after the other in their order, until `stop`.
  func keepAdopting() async { for await manifest in switches { await adopt(manifest) } }

  /// Ends `keepAdopting`.
  func stop() { door.finish() }

  /// An image serves: what it says of its cloud counts from now on, for the engine too; and what was approved is kept
  /// where it was not yet.
  func adopt(_ manifest: PluginManifest) async {
    for name in await registry.allAccounts.filter({ $0.plugin == manifest.id }).map(\.name) {
      // Another change may come first; then it is made again, on that.
      for _ in 0..<8 {
        guard let account = await registry.account(name) else { break }
        var next = account
        next.limits = CloudLimits(manifest)
        if next.consent == nil { next.consent = PluginAsk(manifest) }
        if next == account { break }
        do { try await registry.replace(account, by: next) } catch LedgerError.conflict { continue } catch {
          // A disk that is full costs no more than asking again at the next start.
        }
        announce(next)
        break
      }
    }
  }

  private static func mismatch(_ account: AccountRecord, _ reply: SelfTestReply) -> ControlFailure {
    guard reply.credentialValid else {
      return ControlFailure(
        .unauthenticated, "account \(account.name): the cloud does not accept the credential",
        remedy: "replace it: `slipway account rotate \(account.name)`")
    }
    return ControlFailure(
      .forbidden, "account \(account.name): the credential is for another cloud account than the one that was added",
      expected: account.identity ?? "an identity, which the cloud does not tell",
      found: reply.accountIdentity.map { Believed.text($0, most: 200) } ?? "nothing of ours",
      remedy:
        "give it a credential of the account that was added: `slipway account rotate \(account.name)`; if it is the "
        + "same account, and what it is known by was replaced there: `slipway account pin \(account.name)`")
  }

  /// Checks every account, and again, ever more rarely, those of which nothing could be learned: without an identity that
  /// holds no absence is ever proven.
  func keepVerifying(sleep: (Duration) async throws -> Void) async {
    for account in await registry.allAccounts { await check(account) }
    var wait = 5
    for await _ in doubts {
      do { try await sleep(.seconds(wait)) } catch { return }
      let open = known.withLock { known in known.filter(\.value.isOpen).map(\.key) }
      for name in open.sorted() {
        if let account = await registry.account(name) { await check(account) } else { forget(name) }
      }
      wait = known.withLock { $0.values.contains(where: \.isOpen) } ? min(wait * 2, 300) : 5
    }
  }
}

extension AccountHealthView {
  /// What a self test told, each part clamped.
  fileprivate init(_ reply: SelfTestReply, holds: Bool) {
    self.init(
      state: holds ? "healthy" : "failing", credentialValid: reply.credentialValid, canWrite: reply.canWrite,
      identityHolds: holds, apiVersion: reply.apiVersion.map { Believed.text($0, most: 100) },
      sourceAddress: Believed.address(reply.sourceAddress), quotaLeft: reply.quotaLeft.mapValues { Believed.count($0) })
  }
}
