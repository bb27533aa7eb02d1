import Control
package import Core
import Crypto
import Model
import PluginMessages
import Synchronization

/// Knows how each account is: runs self tests, compares the pinned identity, tells the engine.
package final class AccountKeeper: Sendable {
  private let registry: Registry
  private let verbs: VerbCaller
  private let vault: Vault
  private let clock: HostClock
  private let tell: @Sendable (EngineEvent) -> Void
  private let healths = Mutex<[String: AccountHealthView]>([:])

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
  func health(of name: String) -> AccountHealthView? { healths.withLock { $0[name] } }

  /// Forgets an account.
  func forget(_ name: String) { healths.withLock { $0[name] = nil } }

  /// Runs the plugin's self test.
  func selfTest(_ account: AccountRecord) async -> Result<SelfTestReply, Failure> {
    let request = SelfTestRequest(account: verbs.context(account), installationKey: vault.publicKey)
    let answer: VerbAnswer<SelfTestReply> = await verbs.call(.selfTest, on: account, request)
    return answer.result.mapError(\.failure)
  }

  /// Makes what identifies the account where the cloud has nothing of its own: what `prepare` makes is ours alone.
  func prepareIdentity(_ account: AccountRecord) async -> Failure? {
    let request = PrepareRequest(
      account: verbs.context(account), placement: PlacementSpec(type: "", location: "", image: ""),
      installationKey: vault.publicKey)
    let answer: VerbAnswer<PrepareReply> = await verbs.call(.prepare, on: account, request)
    if case .failure(let told) = answer.result { return told.failure }
    return nil
  }

  /// Checks an account now: its health, and whether the pinned identity holds. The engine hears of both.
  @discardableResult
  func check(_ account: AccountRecord) async -> AccountHealthView {
    let result = await selfTest(account)
    let holds: Bool
    var view: AccountHealthView
    switch result {
    case .success(let reply):
      holds = reply.credentialValid && account.identity != nil && reply.accountIdentity == account.identity
      view = AccountHealthView(state: holds ? "healthy" : "unhealthy")
      view.checkedAt = Timestamp(clock.now())
      view.credentialValid = reply.credentialValid
      view.canWrite = reply.canWrite
      view.identityHolds = holds
      view.apiVersion = reply.apiVersion.map { Believed.text($0, most: 100) }
      view.sourceAddress = Believed.address(reply.sourceAddress)
      view.quotaLeft = reply.quotaLeft.mapValues { Believed.count($0) }
      if !holds {
        view.failure = ControlFailure(
          .forbidden, "account \(account.name): the credential is for another account than the one that was added",
          expected: account.identity, found: reply.accountIdentity ?? "nothing of ours",
          remedy: "give it a credential of the account that was added, or remove the account and add it again")
      }
      if holds { tell(.accountHealthy(account.name, canWrite: reply.canWrite)) }
    case .failure(let failure):
      holds = false
      view = AccountHealthView(state: "unhealthy")
      view.checkedAt = Timestamp(clock.now())
      view.credentialValid = failure.code == .unauthenticated ? false : nil
      view.failure = ControlFailure(failure)
    }
    healths.withLock { $0[account.name] = view }
    tell(
      .account(
        AccountFacts(name: account.name, plugin: account.plugin, limits: account.limits, identityHolds: holds)))
    return view
  }
}
