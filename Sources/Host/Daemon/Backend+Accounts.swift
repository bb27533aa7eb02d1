import Broker
package import Control
import Core
import Model
import PluginMessages
import Plugins

extension Backend {
  /// Approves, tests, pins and stores an account; all or nothing.
  package func addAccount(_ new: NewAccount) async throws(ControlFailure) -> AccountView {
    guard await registry.account(new.name) == nil else {
      throw ControlFailure(
        .alreadyExists, "account \(new.name) exists", remedy: "choose another name, or remove it first")
    }
    let views = await directory.views()
    guard let plugin = views.first(where: { $0.id == new.plugin }) else {
      let starting = views.filter { $0.state == "starting" }.count
      guard starting == 0 else {
        throw ControlFailure(
          .notServing, "plugin \(new.plugin) is not known yet; \(starting) plugins are still starting",
          remedy: "try again in a moment; `slipway plugin list` shows them")
      }
      throw notFound("plugin", new.plugin, among: views.filter(\.hasToldItsID).map(\.id))
    }
    guard let manifest = await directory.manifest(new.plugin) else {
      throw ControlFailure(
        .notServing, "plugin \(new.plugin) is \(plugin.state): \(plugin.problem?.message ?? "not ready yet")",
        remedy: "see `slipway plugin show \(new.plugin)`")
    }
    try await require(JSONValue(new.settings), fits: .settings, of: new.plugin, for: "account \(new.name)")
    let endpoints = try approved(new, manifest)
    var record = AccountRecord(
      name: new.name, plugin: new.plugin, endpoints: endpoints, settings: JSONValue(new.settings), credential: nil,
      identity: nil, limits: CloudLimits(manifest), addedAt: clock.now())
    record.consent = PluginAsk(manifest)
    let limits = ResourceLimits().changed(by: new.limits)
    record.guards = limits.isEmpty ? nil : limits
    if let credential = new.credential {
      record.credential = try await stored {
        try vault.sealCredential(Array(credential.exposed.utf8), of: new.name)
      }
    }
    let found = try await tested(record, preparing: true, "account \(new.name) was not added")
    record.identity = found.identity
    let final = record
    if let twin = try await stored({ try await registry.add(final) }) {
      throw ControlFailure(
        .alreadyExists, "account \(new.name) was not added: account \(twin) is the same cloud account",
        expected: "a cloud account that is not here yet", found: "\(final.identity ?? ""), which \(twin) has",
        remedy: "use \(twin); a new credential for it is put in place by `slipway account rotate \(twin)`")
    }
    accounts.settle(final, .success(found.reply), isNew: true)
    if found.didWrite { pump.send(.accountHealthy(final.name, canWrite: true)) }
    return await view(final)
  }

  /// What the operator approves: the plugin's default origins, or the operator's own.
  private func approved(
    _ new: NewAccount, _ manifest: PluginManifest
  ) throws(ControlFailure) -> [String: EndpointRecord] {
    let names = manifest.endpoints.map(\.name)
    for name in new.endpoints.keys.sorted() where !names.contains(name) {
      throw ControlFailure(
        .invalidSpec, "account \(new.name): plugin \(new.plugin) has no endpoint \(name)",
        expected: names.joined(separator: ", "), found: name)
    }
    var endpoints: [String: EndpointRecord] = [:]
    for endpoint in manifest.endpoints {
      let own = new.endpoints[endpoint.name]
      let needsURL = own?.unixSocket == nil
      guard let url = own?.url ?? endpoint.baseUrl ?? (needsURL ? nil : "http://localhost") else {
        throw ControlFailure(
          .invalidSpec, "account \(new.name): endpoint \(endpoint.name) has no default address",
          remedy: "give one: `--endpoint \(endpoint.name)=\(endpoint.unixSocket ? "unix:/path" : "https://…")`")
      }
      if own?.unixSocket != nil && !endpoint.unixSocket {
        throw ControlFailure(
          .invalidSpec, "account \(new.name): endpoint \(endpoint.name) cannot be a Unix socket")
      }
      if endpoint.auth.kind != .none && new.credential == nil {
        throw ControlFailure(
          .invalidSpec, "account \(new.name): endpoint \(endpoint.name) needs a credential", expected: "a token",
          found: "none", remedy: "give it by `--credential-file FILE`, or on standard input")
      }
      let record = EndpointRecord(
        url: url, unixSocket: own?.unixSocket, auth: endpoint.auth, operatorSet: own != nil)
      try usable(record, "account \(new.name): endpoint \(endpoint.name)")
      endpoints[endpoint.name] = record
    }
    return endpoints
  }

  /// Refuses an origin to which the broker would never connect, before a credential is stored for it.
  private func usable(_ endpoint: EndpointRecord, _ what: String) throws(ControlFailure) {
    do {
      let approved = try endpoint.approved()
      guard let refusal = approved.refusalOfLiteral else { return }
      let isPlain = approved.base.origin.scheme == .http
      throw ControlFailure(
        .invalidSpec, "\(what): \(refusal)",
        expected: isPlain ? "https://…, or http:// to this machine (127.0.0.0/8, [::1])" : "another address",
        found: approved.base.origin.description,
        remedy: isPlain
          ? "use https, or lead it through this machine: a tunnel on 127.0.0.1, or a Unix socket (unix:/path)" : nil)
    } catch let refusal as BrokerRefusal {
      throw ControlFailure(.invalidSpec, "\(what): \(refusal.sentence)")
    } catch let failure as ControlFailure {
      throw failure
    } catch {
      throw ControlFailure(.internal, "\(what): \(error)")
    }
  }

  /// All accounts, by name.
  package func accounts() async throws(ControlFailure) -> [AccountView] {
    var views: [AccountView] = []
    for record in await registry.allAccounts { views.append(await view(record)) }
    return views
  }

  /// One account.
  package func account(_ name: String) async throws(ControlFailure) -> AccountView {
    var view = await view(try await knownAccount(name))
    view.waitingEnds = await pump.read { $0.waitingEnds()[name] }.map { WaitingEndsView($0) }
    return view
  }

  func knownAccount(_ name: String) async throws(ControlFailure) -> AccountRecord {
    guard let record = await registry.account(name) else {
      throw notFound("account", name, among: await registry.allAccounts.map(\.name))
    }
    return record
  }

  /// Runs the self test now.
  package func checkAccount(_ name: String) async throws(ControlFailure) -> AccountView {
    let record = try await knownAccount(name)
    await accounts.check(record)
    return await view(record)
  }

  /// Forgets an account and its credential.
  package func removeAccount(_ name: String) async throws(ControlFailure) {
    _ = try await knownAccount(name)
    let resources = await pump.read { $0.resources(on: name) }
    guard resources.isEmpty else {
      throw ControlFailure(
        .inUse, "account \(name) still has \(resources.count) resources or objects to watch for",
        found: resources.prefix(3).map(\.description).joined(separator: ", "),
        remedy: "terminate them first: `slipway terminate RESOURCE`")
    }
    let offerings = await registry.allOfferings.filter { $0.placements.contains { $0.account == name } }
    guard offerings.isEmpty else {
      throw ControlFailure(
        .inUse, "account \(name) is named by offerings: \(offerings.map(\.name).joined(separator: ", "))",
        remedy: "remove them first: `slipway offering remove NAME`")
    }
    try await stored { try await registry.removeAccount(name) }
    accounts.forget(name)
    budgets.forget(name)
    pump.send(.accountRemoved(name))
  }

  func view(_ record: AccountRecord) async -> AccountView {
    var health = accounts.health(of: record.name) ?? AccountHealthView(state: "unverified")
    let (circuit, canWrite, figures) = await pump.read { engine in
      (
        engine.accounts[record.name]?.circuit, engine.accounts[record.name]?.canWrite,
        engine.usage.figures(of: .account(record.name))
      )
    }
    // What calls met says more than what the cloud says of itself.
    health.canWrite = canWrite ?? health.canWrite
    if health.canWrite == false, health.state == "healthy" {
      // Nothing is refused for it: the cloud has the last word when something is to be made.
      health.state = "failing"
      health.failure = ControlFailure(
        .forbidden, "account \(record.name): the cloud says that its credential may not make or end machines",
        expected: "a credential that may write", found: "one that lacks a permission for it",
        remedy: "give it the permissions at the cloud, then `slipway account check \(record.name)`; or replace it: "
          + "`slipway account rotate \(record.name)`")
    }
    if let circuit {
      health.state = "failing"
      health.failure = ControlFailure(circuit.failure)
      health.failure?.message = "account \(record.name): \(circuit.failure.message)"
      // The self test may be older than this.
      if circuit.evidence == .reading, circuit.failure.code == .unauthenticated {
        health.credentialValid = false
        health.canWrite = nil
      }
      if circuit.evidence == .writing {
        health.failure?.remedy =
          "replace the credential by one that may write: `slipway account rotate \(record.name)`; where the cloud lets "
          + "this one write meanwhile, rotate to the same one"
      }
    }
    return AccountView(
      name: record.name, plugin: record.plugin,
      endpoints: record.endpoints.sorted { $0.key < $1.key }.map { name, endpoint in
        EndpointView(
          name: name, url: endpoint.url, unixSocket: endpoint.unixSocket, auth: endpoint.auth.kind.rawValue)
      }, network: record.consent?.network ?? "brokered", settings: JSON(record.settings), identity: record.identity,
      createdAt: Timestamp(record.addedAt), health: health, limits: record.guards.map { LimitsView($0) },
      usage: UsageView(resources: figures.alive, free: figures.free, paid: figures.paid),
      budget: budgets.budget(of: record.name).map { BudgetView($0) })
  }
}

extension WaitingEndsView {
  init(_ ends: WaitingEnds) {
    self.init(count: ends.count, since: Timestamp(ends.since), hourly: ends.hourly.mapValues(\.description))
  }
}
