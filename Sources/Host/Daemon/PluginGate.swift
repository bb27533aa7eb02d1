import Model
import PluginMessages
import Plugins
import Synchronization

/// Judges an image before it takes calls: by what the operator approved on its accounts, by what is stored for it, and
/// by the accounts' self tests.
final class PluginGate: Sendable {
  /// An image that waits for approval.
  struct Pending: Sendable {
    var sha256: String
    var manifest: PluginManifest
  }

  private let registry: Registry
  private let caller: PluginCaller
  private let keeper: AccountKeeper
  private let held = Mutex<[String: Pending]>([:])

  init(registry: Registry, caller: PluginCaller, keeper: AccountKeeper) {
    self.registry = registry
    self.caller = caller
    self.keeper = keeper
  }

  /// The image of a plugin that waits for approval, or nil.
  func pending(_ plugin: String) -> Pending? { held.withLock { $0[plugin] } }

  /// Judges. Takes as long as the self tests.
  func judge(_ candidate: PluginCandidate) async -> PluginVerdict {
    let accounts = await registry.allAccounts.filter { $0.plugin == candidate.id }
    let manifest = candidate.manifest.manifest
    held.withLock { $0[candidate.id] = nil }
    let asks = Self.asks(PluginAsk(manifest), of: accounts)
    if !asks.isEmpty {
      held.withLock { $0[candidate.id] = Pending(sha256: candidate.sha256, manifest: manifest) }
      return .needsApproval(asks)
    }
    if candidate.isReplaceable {
      let serving = candidate.hasPredecessor ? await caller.manifest(candidate.id) : nil
      if let reason = Self.misfit(candidate.manifest, instead: serving, accounts, await registry.allOfferings) {
        return .rejected(reason)
      }
    }
    let fitting = accounts.filter { Misfit.settings(of: $0, candidate.manifest) == nil }
    if let reason = await failedTest(candidate, fitting) { return .rejected(reason) }
    return .accepted
  }

  // MARK: Consent

  /// What an image asks for beyond what was approved on any of the accounts; an account is named where they differ.
  static func asks(_ ask: PluginAsk, of accounts: [AccountRecord]) -> [String] {
    var lines: [(text: String, accounts: [String])] = []
    for account in accounts {
      let own = Set(account.endpoints.filter(\.value.operatorSet).keys)
      for text in ask.beyond(account.consent ?? known(account, ask), own: own) {
        if let index = lines.firstIndex(where: { $0.text == text }) {
          lines[index].accounts.append(account.name)
        } else {
          lines.append((text, [account.name]))
        }
      }
    }
    return lines.map { line in
      line.accounts.count == accounts.count
        ? line.text : "\(line.text) (account \(line.accounts.joined(separator: ", ")))"
    }
  }

  /// What is known of an account from before requests were approved by their paths: its addresses and credentials.
  private static func known(_ account: AccountRecord, _ ask: PluginAsk) -> PluginAsk {
    var known = ask
    known.network = "brokered"
    for name in ask.endpoints.keys {
      guard let endpoint = account.endpoints[name] else {
        known.endpoints[name] = nil
        continue
      }
      known.endpoints[name]?.url = endpoint.url
      known.endpoints[name]?.auth = endpoint.auth
    }
    return known
  }

  /// The account as it is once the image is approved.
  static func approved(_ account: AccountRecord, _ manifest: PluginManifest) -> AccountRecord {
    var account = account
    account.consent = PluginAsk(manifest)
    for endpoint in manifest.endpoints {
      if var known = account.endpoints[endpoint.name] {
        known.auth = endpoint.auth
        if !known.operatorSet, let url = endpoint.baseUrl { known.url = url }
        account.endpoints[endpoint.name] = known
      } else if let url = endpoint.baseUrl {
        account.endpoints[endpoint.name] = EndpointRecord(url: url, auth: endpoint.auth, operatorSet: false)
      }
    }
    return account
  }

  // MARK: What is stored

  /// The first thing in accounts and offerings that does not fit the image's schemas, and fits those of the image that serves
  /// (nil: it is not known); nil where there is none. Only an image in whose place another can serve is refused for it: where
  /// none can, what does not fit is refused by itself (`Misfit`).
  static func misfit(
    _ checked: CheckedManifest, instead serving: CheckedManifest?, _ accounts: [AccountRecord], _ offerings: [Offering]
  ) -> String? {
    for account in accounts {
      if let failure = Misfit.settings(of: account, checked),
        serving.map({ Misfit.settings(of: account, $0) == nil }) ?? true
      {
        return "\(failure.message); install a build that takes them, or add the account again"
      }
    }
    let names = Set(accounts.map(\.name))
    for offering in offerings {
      for placement in offering.placements where names.contains(placement.account) {
        if let failure = Misfit.config(of: placement, checked),
          serving.map({ Misfit.config(of: placement, $0) == nil }) ?? true
        {
          return
            "offering \(offering.name): \(failure.message); install a build that takes it, or define the offering again"
        }
      }
    }
    return nil
  }

  // MARK: Self tests

  /// A candidate in the place of the plugin that serves.
  private struct Trial: PluginCalling {
    let caller: PluginCaller
    let candidate: PluginCandidate

    func call(
      _ verb: HostVerb, on account: AccountRecord, payload: [UInt8], subject: CallSubject
    ) async -> VerbOutcome {
      await caller.call(verb, on: account, payload: payload, subject: subject) { [candidate] in
        await candidate.call($0, $1)
      }
    }
  }

  private func failedTest(_ candidate: PluginCandidate, _ accounts: [AccountRecord]) async -> String? {
    await withTaskGroup(of: String?.self) { group in
      var waiting = accounts[...]
      for account in waiting.prefix(max(1, min(candidate.manifest.manifest.maxConcurrency, 8))) {
        waiting = waiting.dropFirst()
        group.addTask { [self] in await test(candidate, account) }
      }
      while let reason = await group.next() {
        if let reason {
          group.cancelAll()
          return reason
        }
        if let account = waiting.popFirst() { group.addTask { [self] in await test(candidate, account) } }
      }
      return nil
    }
  }

  /// Why the image fails an account's test, or nil. What the cloud or the account is to blame for rejects no image.
  private func test(_ candidate: PluginCandidate, _ account: AccountRecord) async -> String? {
    let what = "its self test of account \(account.name)"
    let isRefused: Bool
    switch await keeper.selfTest(account, by: Trial(caller: caller, candidate: candidate)) {
    case .success(let reply): isRefused = !reply.credentialValid
    case .failure(let told) where told.isLost || told.failure.code == .internal:
      return "\(what) failed: \(told.failure.message)"
    case .failure(let told): isRefused = told.failure.code == .unauthenticated
    }
    guard isRefused, candidate.hasPredecessor, case .success(let reply) = await keeper.selfTest(account),
      reply.credentialValid
    else { return nil }
    return "\(what) says that the credential is not valid, and the image that serves says that it is"
  }
}
