package import Control
package import Synchronization

/// The daemon's side of the control API in memory: remembers what it was asked and answers what it was told to.
package final class FakeBackend: ControlBackend {
  package struct State {
    package var calls: [String] = []
    package var accounts: [String: AccountView] = [:]
    package var credential: Credential?
    package var offerings: [String: OfferingView] = [:]
    package var resources: [String: ResourceView] = [:]
    package var keys: [String: (body: [UInt8], view: AcceptedView)] = [:]
    package var events: [ResourceEvent] = []
    /// Streams that break off, before the whole one.
    package var broken: [[ResourceEvent]] = []
    package var secrets = [SecretView(name: "root_password", value: "s3same")]
    package var failure: ControlFailure?
    package var plugin = FakeBackend.plugin
  }

  package let state = Mutex(State())

  package init() {}
  package var calls: [String] { state.withLock { $0.calls } }

  func note<Value>(_ call: String, _ body: (inout State) throws(ControlFailure) -> Value)
    throws(ControlFailure) -> Value
  {
    try state.withLock { state throws(ControlFailure) in
      state.calls.append(call)
      if let failure = state.failure { throw failure }
      return try body(&state)
    }
  }

  func found<Value>(_ value: Value?, _ name: String) throws(ControlFailure) -> Value {
    guard let value else { throw ControlFailure(.notFound, "there is no \(name)") }
    return value
  }

  package static let plugin = PluginView(
    id: "acme", name: "Acme Cloud", version: "1.2.0", state: "serving", file: "/plugins/libAcme.so",
    sha256: String(repeating: "ab", count: 32), pid: 4711, abi: "1.0", capabilities: ["power"],
    endpoints: [EndpointView(name: "api", url: "https://api.acme.test/v1", auth: "bearer")], network: "brokered")

  package func health() async throws(ControlFailure) -> HealthView {
    try note("health") { _ in
      HealthView(status: "ok", version: "1", installationId: "I", startedAt: Timestamp(ms: 0))
    }
  }
  package func plugins(settled: Bool) async throws(ControlFailure) -> [PluginView] {
    try note("plugins") { [$0.plugin] }
  }
  package func watchPlugins() async throws(ControlFailure) -> AsyncStream<[PluginView]> {
    let now = try note("watchPlugins") { $0.plugin }
    var stopped = now
    stopped.state = "stopped"
    let lists = [[now], [stopped], []]
    return AsyncStream { door in
      for list in lists { door.yield(list) }
      door.finish()
    }
  }
  package func plugin(_ id: String) async throws(ControlFailure) -> PluginView {
    try note("plugin \(id)") { state throws(ControlFailure) in
      try found(id == Self.plugin.id ? state.plugin : nil, "plugin \(id)")
    }
  }
  package func steerPlugin(_ id: String, _ command: PluginCommand) async throws(ControlFailure) -> PluginView {
    try note("\(command.rawValue) \(id)") { $0.plugin }
  }
  package func installPlugin(_ path: String) async throws(ControlFailure) -> PluginView {
    try note("install \(path)") { $0.plugin }
  }
  package func approvePlugin(_ id: String, sha256: String) async throws(ControlFailure) -> PluginView {
    try note("approve \(id) \(sha256)") { state in
      state.plugin.held = nil
      return state.plugin
    }
  }
  package func addAccount(_ account: NewAccount) async throws(ControlFailure) -> AccountView {
    try note("add account \(account.name)") { state in
      state.credential = account.credential
      let view = AccountView(
        name: account.name, plugin: account.plugin,
        endpoints: [
          EndpointView(name: "api", url: account.endpoints["api"]?.url ?? "https://api.acme.test/v1", auth: "bearer")
        ], settings: account.settings, identity: "project-7", createdAt: Timestamp(ms: 0),
        health: AccountHealthView(state: "healthy", credentialValid: true))
      state.accounts[account.name] = view
      return view
    }
  }
  package func accounts() async throws(ControlFailure) -> [AccountView] {
    try note("accounts") { $0.accounts.values.sorted { $0.name < $1.name } }
  }
  package func account(_ name: String) async throws(ControlFailure) -> AccountView {
    try note("account \(name)") { state throws(ControlFailure) in try found(state.accounts[name], "account \(name)") }
  }
  package func checkAccount(_ name: String) async throws(ControlFailure) -> AccountView {
    try note("check \(name)") { state throws(ControlFailure) in try found(state.accounts[name], "account \(name)") }
  }
  package func limitAccount(_ name: String, to change: LimitsView) async throws(ControlFailure) -> AccountView {
    try note("limit \(name)") { state throws(ControlFailure) in
      var view = try found(state.accounts[name], "account \(name)")
      view.limits = change
      state.accounts[name] = view
      return view
    }
  }
  package func rotateAccount(_ name: String, to credential: Credential) async throws(ControlFailure) -> AccountView {
    try note("rotate \(name)") { state throws(ControlFailure) in
      let view = try found(state.accounts[name], "account \(name)")
      state.credential = credential
      return view
    }
  }
  package func pinAccount(_ name: String, isSure: Bool) async throws(ControlFailure) -> AccountView {
    try note("pin \(name)\(isSure ? " for sure" : "")") { state throws(ControlFailure) in
      try found(state.accounts[name], "account \(name)")
    }
  }
  package func catalog(_ account: String) async throws(ControlFailure) -> CatalogView {
    try note("catalog \(account)") { _ in Sample.catalog }
  }
  package func removeAccount(_ name: String) async throws(ControlFailure) {
    try note("remove account \(name)") { state throws(ControlFailure) in
      guard state.resources.isEmpty else { throw ControlFailure(.inUse, "account \(name) has resources") }
      state.accounts[name] = nil
    }
  }
  package func addOffering(_ offering: NewOffering) async throws(ControlFailure) -> OfferingView {
    try note("add offering \(offering.name)") { state in
      let view = OfferingView(
        name: offering.name, placements: offering.placements, config: offering.config, readiness: offering.readiness,
        provisionDeadlineS: offering.provisionDeadlineS ?? 900, createdAt: Timestamp(ms: 0)
      )
      .telling(offering.notify)
      state.offerings[offering.name] = view
      return view
    }
  }
  package func offerings(hasRecipe: Bool?) async throws(ControlFailure) -> [OfferingView] {
    try note("offerings\(hasRecipe.map { " \($0)" } ?? "")") { $0.offerings.values.sorted { $0.name < $1.name } }
  }
  package func offering(_ name: String) async throws(ControlFailure) -> OfferingView {
    try note("offering \(name)") { state throws(ControlFailure) in try found(state.offerings[name], "offering \(name)")
    }
  }
  package func validateOffering(_ name: String) async throws(ControlFailure) -> ValidationView {
    try note("validate \(name)") { state throws(ControlFailure) in
      let offering = try found(state.offerings[name], "offering \(name)")
      return ValidationView(
        offering: name, holds: false,
        placements: offering.placements.map {
          PlacementCheckView(
            placement: $0, holds: false,
            failure: ControlFailure(
              .invalidSpec, "there is no type \($0.type)",
              violations: [ViolationView(path: "type", message: "is not sold", allowed: ["s1", "s2"])]))
        })
    }
  }
  package func removeOffering(_ name: String) async throws(ControlFailure) {
    try note("remove offering \(name)") { $0.offerings[name] = nil }
  }
  package func provision(_ order: ProvisionOrder) async throws(ControlFailure) -> AcceptedView {
    try note("provision \(order.resource.offering) for \(order.caller)") { state throws(ControlFailure) in
      let key = "\(order.caller) \(order.idempotencyKey)"
      if let known = state.keys[key] {
        guard known.body == order.canonicalBody else {
          throw ControlFailure(.idempotencyConflict, "the key came before with another body")
        }
        var view = known.view
        view.replayed = true
        return view
      }
      let view = AcceptedView(resourceId: Sample.id, operationId: Sample.operation)
      state.keys[key] = (order.canonicalBody, view)
      return view
    }
  }
  package func resources(_ filter: ResourceFilter) async throws(ControlFailure) -> [ResourceView] {
    try note("resources \(filter.state ?? "*") \(filter.offering ?? "*")") { state in
      state.resources.values.sorted { $0.id < $1.id }
    }
  }
  package func resource(_ id: String) async throws(ControlFailure) -> ResourceView {
    try note("resource \(id)") { state throws(ControlFailure) in try found(state.resources[id], "resource \(id)") }
  }
  package func watch(_ id: String, since: UInt64, staying: Bool) async throws(ControlFailure) -> AsyncStream<
    ResourceEvent
  > {
    let events = try note("watch \(id) since \(since)\(staying ? " staying" : "")") { state in
      (state.broken.isEmpty ? state.events : state.broken.removeFirst()).filter { $0.seq > since }
    }
    return AsyncStream { continuation in
      for event in events { continuation.yield(event) }
      continuation.finish()
    }
  }
  package func terminate(_ id: String) async throws(ControlFailure) -> AcceptedView {
    try note("terminate \(id)") { _ in AcceptedView(resourceId: id, operationId: Sample.operation) }
  }
  package func power(_ id: String, _ action: PowerAction) async throws(ControlFailure) -> AcceptedView {
    try note("power \(action) \(id)") { _ in AcceptedView(resourceId: id, operationId: Sample.operation) }
  }
  package func revealSecrets(_ id: String) async throws(ControlFailure) -> [SecretView] {
    try note("secrets \(id)") { state in
      defer { state.secrets = [] }
      return state.secrets
    }
  }
  package func cancelRun(_ id: String) async throws(ControlFailure) -> AcceptedView {
    try note("cancel run \(id)") { _ in AcceptedView(resourceId: id, operationId: Sample.operation) }
  }
  package func recipeLog(_ id: String, _ query: LogQuery) async throws(ControlFailure) -> [LogChunkView] {
    try note("recipe log \(id) \(query.run ?? "newest") \(query.stream ?? "both") after \(query.after)") { _ in
      Sample.log.filter { $0.number > query.after && (query.stream ?? $0.stream) == $0.stream }
    }
  }
  package func followRecipeLog(
    _ id: String, _ query: LogQuery
  ) async throws(ControlFailure) -> AsyncStream<LogChunkView> {
    let chunks = try await recipeLog(id, query)
    return AsyncStream { continuation in
      for chunk in chunks { continuation.yield(chunk) }
      continuation.finish()
    }
  }
  package func timeline(_ id: String) async throws(ControlFailure) -> [TimelineEntryView] {
    try note("timeline \(id)") { _ in Sample.timeline }
  }
}

extension OfferingView {
  /// The same with whom its owner wants told.
  fileprivate func telling(_ notify: NewNotify?) -> OfferingView {
    var view = self
    view.notify = notify.map { NotifyView(webhook: $0.webhook, isSigned: $0.secret != nil, email: $0.email) }
    return view
  }
}
