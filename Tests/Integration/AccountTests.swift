import CloudTable
import Control
import Foundation
import HTTP
import Testing

/// Credentials of an account over its life, with a real host, worker, plugin and simulator.
@Suite struct AccountTests {
  private func world() async throws -> (Scratch, SimulatedCloud, ServedHost) {
    let scratch = try Scratch()
    _ = try scratch.plugins("libHetzner.so")
    let cloud = try await SimulatedCloud()
    let host = try await ServedHost(scratch)
    try await host.setUp(cloud)
    return (scratch, cloud, host)
  }

  private func token(_ cloud: SimulatedCloud, _ json: String) async throws {
    _ = try await cloud.admin("tokens", method: "POST", body: json)
  }

  private func rotate(_ host: ServedHost, to token: String) async -> Result<AccountView, ControlFailure>? {
    await host.ask("POST", "/v1/accounts/main/rotate", ["credential": token], as: AccountView.self)
  }

  private func account(_ host: ServedHost, _ call: String = "") async throws -> AccountView {
    let method = call.isEmpty ? "GET" : "POST"
    return try #require(await host.ask(method, "/v1/accounts/main\(call)", as: AccountView.self)).get()
  }

  @Test(.timeLimit(.minutes(5)))
  func `a token of another project or a bad one is refused and the old one stays, a good one takes its place`()
    async throws
  {
    let (scratch, cloud, host) = try await world()
    let identity = try await account(host).identity
    try await token(cloud, #"{"token":"stranger","project":"other"}"#)
    try await token(cloud, #"{"token":"dead","revoked":true}"#)
    for (name, code, found) in [
      ("stranger", ControlCode.forbidden, "nothing of ours"), ("dead", .unauthenticated, nil),
    ] {
      guard case .failure(let failure)? = await rotate(host, to: name) else {
        Issue.record("\(name) was taken")
        continue
      }
      #expect(failure.code == code && failure.found == found && failure.remedy != nil, "\(failure)")
      #expect(failure.message.hasPrefix("the credential of account main was not replaced: "))
    }
    // An account of our own in the other project: its key object is there, and has another identity.
    let other = await host.ask(
      "POST", "/v1/accounts", cloud.provider.account("second", on: cloud, token: "stranger"), as: AccountView.self)
    let second = try #require(other).get()
    guard case .failure(let failure)? = await rotate(host, to: "stranger") else {
      Issue.record("the token of the second account was taken for the first")
      return
    }
    #expect(failure.expected == identity && failure.found == second.identity)
    // The old one works on: a machine is made with it.
    let first = try #require(try (await host.order("one"))?.get())
    #expect(await host.follow(first.resourceId) { $0.externalId != nil } != nil)

    // While it boots, another credential comes.
    try await token(cloud, #"{"token":"fresh"}"#)
    let rotated = try #require(await rotate(host, to: "fresh")).get()
    #expect(rotated.health.state == "healthy" && rotated.identity == identity)
    try await token(cloud, #"{"token":"secret","revoked":true}"#)
    let next = try #require(try (await host.order("two"))?.get())
    for id in [first.resourceId, next.resourceId] { #expect(await host.rest(id)?.state == "active") }
    #expect(try await cloud.bill().made == 2)
    // It is the new one that a restart finds.
    await host.end()
    let again = try await ServedHost(scratch)
    for id in [first.resourceId, next.resourceId] {
      _ = await again.ask("DELETE", "/v1/resources/\(id)", as: AcceptedView.self)
      #expect(await again.rest(id)?.state == "terminated")
    }
    #expect(try await cloud.bill().open.isEmpty)
    await again.end()
  }

  @Test(.timeLimit(.minutes(5)))
  func `a token that is revoked in mid-life opens the circuit, and after a rotation what was queued drains`()
    async throws
  {
    let (scratch, cloud, host) = try await world()
    var ids: [String] = []
    for key in ["one", "two", "three"] {
      ids.append(try #require(try (await host.order(key))?.get()).resourceId)
    }
    for id in ids { #expect(await host.rest(id)?.state == "active") }
    try await token(cloud, #"{"token":"secret","revoked":true}"#)
    for id in ids {
      _ = await host.ask("DELETE", "/v1/resources/\(id)", as: AcceptedView.self)
      let stalled = await host.follow(id) { $0.cleanup != nil }
      #expect(stalled?.cleanup?.cause.hasPrefix("UNAUTHENTICATED") == true)
    }
    let view = try await account(host, "/check")
    #expect(view.health.state == "failing" && view.health.failure?.code == .unauthenticated)
    #expect(view.health.credentialValid == false)
    let waiting = try #require(try await account(host).waitingEnds)
    #expect(waiting.count == 3 && waiting.hourly["EUR"].flatMap(Double.init) ?? 0 > 0, "\(waiting)")
    guard case .failure(let refused)? = await host.order("four") else {
      Issue.record("an order was taken for an account that cannot be used")
      return
    }
    #expect(refused.code == .unauthenticated && refused.remedy != nil)
    let health = try #require(await host.ask("GET", "/v1/health", as: HealthView.self)).get()
    #expect(health.status == "degraded" && health.problems.contains { $0.hasPrefix("account main") })
    let told = health.warnings.contains { $0.hasPrefix("account main: 3 ends do not get on since ") }
    #expect(told, "\(health.warnings)")

    try await token(cloud, #"{"token":"fresh"}"#)
    #expect(try #require(await rotate(host, to: "fresh")).get().health.state == "healthy")
    for id in ids { #expect(await host.rest(id)?.state == "terminated") }
    #expect(try await account(host).waitingEnds == nil)
    #expect(try await cloud.bill().open.isEmpty)
    let after = try #require(try (await host.order("five"))?.get())
    #expect(await host.rest(after.resourceId)?.state == "active")
    await host.end()
    withExtendedLifetime(scratch) {}
  }

  @Test(.timeLimit(.minutes(5)))
  func `that a token may not write is known from the first create on, and stays known until another one comes`()
    async throws
  {
    let (scratch, cloud, host) = try await world()
    #expect(try await account(host).health.canWrite == true, "it made our key object")
    try await token(cloud, #"{"token":"reader","read_only":true}"#)
    let reader = try #require(await rotate(host, to: "reader")).get()
    #expect(reader.health.state == "healthy" && reader.health.canWrite == nil, "nobody knows yet")
    let accepted = try #require(try (await host.order("one"))?.get())
    let failed = await host.rest(accepted.resourceId)
    #expect(failed?.state == "failed" && failed?.failure?.code == .forbidden)
    for _ in 0..<2 {
      let checked = try await account(host, "/check")
      #expect(checked.health.state == "failing" && checked.health.canWrite == false)
      #expect(checked.health.failure?.remedy?.contains("slipway account rotate main") == true)
    }
    guard case .failure? = await host.order("two") else {
      Issue.record("an order was taken with a token that may not write")
      return
    }
    let back = try #require(await rotate(host, to: "secret")).get()
    #expect(back.health.state == "healthy" && back.health.canWrite == nil)
    let made = try #require(try (await host.order("three"))?.get())
    #expect(await host.rest(made.resourceId)?.state == "active")
    #expect(try await account(host).health.canWrite == true)
    await host.end()
    withExtendedLifetime(scratch) {}
  }

  @Test(.timeLimit(.minutes(5)))
  func `where the cloud tells that a credential may only read, the account says so before anything is made`()
    async throws
  {
    let scratch = try Scratch()
    _ = try scratch.plugins(SimulatedProvider.vultr.library)
    let cloud = try await SimulatedCloud(.vultr)
    let host = try await ServedHost(scratch)
    try await host.setUp(cloud)
    #expect(try await account(host).health.state == "healthy")
    try await token(cloud, #"{"token":"reader","scopes":["subscriptions_view"]}"#)
    let rotated = try #require(await rotate(host, to: "reader")).get()
    let health = try #require(await host.ask("GET", "/v1/health", as: HealthView.self)).get()
    #expect(health.status == "degraded" && health.problems.count == 1, "\(health.problems)")
    #expect(try #require(await rotate(host, to: "secret")).get().health.state == "healthy")
    // One cloud account is one account here.
    let second = cloud.provider.account("second", on: cloud, token: "reader")
    guard case .failure(let twin)? = await host.ask("POST", "/v1/accounts", second, as: AccountView.self) else {
      throw ScratchError("a cloud account was added twice")
    }
    #expect(twin.code == .alreadyExists && twin.message.contains("account main is the same cloud account"), "\(twin)")
    #expect(twin.remedy?.contains("slipway account rotate main") == true)
    for path in try #require(await host.ask("GET", "/v1/offerings", as: ListView<OfferingView>.self)).get().items.map({
      "/v1/offerings/\($0.name)"
    }) + ["/v1/accounts/main"] {
      #expect(await host.send("DELETE", path)?.status == 204)
    }
    // The SSH key is there already, so that adding the account changes nothing at the cloud.
    let added = try #require(await host.ask("POST", "/v1/accounts", second, as: AccountView.self)).get()
    for (view, name) in [(added, "second"), (rotated, "main")] {
      #expect(view.health.state == "failing" && view.health.canWrite == false, "\(view.health)")
      #expect(view.health.failure?.message.hasPrefix("account \(name): ") == true)
      #expect(view.health.failure?.remedy?.contains("slipway account rotate \(name)") == true)
    }
    await host.end()
    withExtendedLifetime(scratch) {}
  }

  /// The API's own path of SSH keys at the clouds that know an account by ours.
  private static let keyed: [(SimulatedProvider, String)] = [(.hetzner, "/ssh_keys/"), (.vultr, "/ssh-keys/")]

  @Test(.timeLimit(.minutes(5)), arguments: Self.keyed)
  func `an account whose key was deleted at the cloud is known again by a machine of ours, and not by another account`(
    provider: SimulatedProvider, keys: String
  ) async throws {
    let scratch = try Scratch()
    _ = try scratch.plugins(provider.library)
    let cloud = try await SimulatedCloud(provider)
    let host = try await ServedHost(scratch)
    try await host.setUp(cloud)
    let before = try #require(try await account(host).identity)
    let machine = try #require(try (await host.order("one"))?.get()).resourceId
    #expect(await host.rest(machine)?.state == "active")
    #expect(try await cloud.call("DELETE", keys + before.dropFirst("ssh-key:".count)) == 204)
    let failing = try await account(host, "/check").health
    #expect(failing.state == "failing" && failing.identityHolds == false, "\(failing)")
    #expect(failing.failure?.remedy?.contains("slipway account pin main") == true)

    // Another account answers: nothing of it is ours.
    try await token(cloud, #"{"token":"secret","project":"other"}"#)
    guard case .failure(let other)? = await host.ask("POST", "/v1/accounts/main/pin", as: AccountView.self) else {
      throw ScratchError("another account was taken for ours")
    }
    #expect(other.code == .conflict && other.remedy?.contains("--sure") == true, "\(other)")
    #expect(try await account(host).identity == before)

    try await token(cloud, #"{"token":"secret","project":"default"}"#)
    let pinned = try await account(host, "/pin")
    #expect(pinned.health.state == "healthy" && pinned.identity != before && pinned.identity != nil)
    #expect(try await account(host, "/pin").identity == pinned.identity, "there is nothing to do any more")
    // A restart knows it, and what is ended is proven gone.
    await host.end()
    let again = try await ServedHost(scratch)
    _ = await again.ask("DELETE", "/v1/resources/\(machine)", as: AcceptedView.self)
    #expect(await again.rest(machine)?.state == "terminated")
    #expect(try await cloud.bill().open.isEmpty)

    // With no machine left nothing proves it: the operator's word does.
    let key = try #require(try await account(again).identity).dropFirst("ssh-key:".count)
    #expect(try await cloud.call("DELETE", keys + key) == 204)
    guard case .failure(let unproven)? = await again.ask("POST", "/v1/accounts/main/pin", as: AccountView.self) else {
      throw ScratchError("an account was taken that nothing vouched for")
    }
    #expect(unproven.code == .conflict && unproven.message.contains("has no machine"))
    let sure = await again.ask("POST", "/v1/accounts/main/pin", query: "sure=true", as: AccountView.self)
    #expect(try #require(sure).get().health.state == "healthy")
    await again.end()
    withExtendedLifetime(scratch) {}
  }

  @Test(.timeLimit(.minutes(5)))
  func `plain http to another machine is refused when the account is added, and nothing is sent`() async throws {
    let (scratch, cloud, host) = try await world()
    var account = cloud.provider.account("far", on: cloud)
    account.endpoints = ["api": EndpointOverride(url: "http://10.11.12.13/v1")]
    guard case .failure(let failure)? = await host.ask("POST", "/v1/accounts", account, as: AccountView.self) else {
      throw ScratchError("it was taken")
    }
    #expect(failure.code == .invalidSpec && failure.found == "http://10.11.12.13:80")
    #expect(failure.remedy?.contains("https") == true && failure.message.contains("endpoint api"), "\(failure)")
    await host.end()
    withExtendedLifetime(scratch) {}
  }

  @Test(.timeLimit(.minutes(5)))
  func `the catalog is what the cloud sells now, and what a validation found stays with the offering`() async throws {
    let (scratch, cloud, host) = try await world()
    func types(_ conditions: String) async throws -> [CatalogTypeView] {
      let query =
        "part=types&where="
        + conditions.replacingOccurrences(of: ">", with: "%3E")
        .replacingOccurrences(of: "<", with: "%3C").replacingOccurrences(of: "=", with: "%3D")
        .replacingOccurrences(of: ",", with: "%2C")
      let answer = await host.ask("GET", "/v1/accounts/main/catalog", query: query, as: CatalogView.self)
      return try #require(answer).get().types ?? []
    }
    let cheap = try await types("vcpu>=2,memory>=4,price<10,architecture=x86_64,location=fsn1,stock=yes")
    #expect(cheap.first?.name == "cx23" && cheap.first?.pricePerMonth == "3.49", "the cheapest first")
    #expect(cheap.allSatisfy { ($0.vcpu ?? 0) >= 2 && ($0.memoryMb ?? 0) >= 4096 && $0.location == "fsn1" })
    #expect(cheap.first { $0.name == "cx22" }?.deprecatedAfter != nil)
    let places = try #require(
      await host.ask("GET", "/v1/accounts/main/catalog", query: "part=locations", as: CatalogView.self)
    ).get()
    #expect(places.locations?.map(\.name) == ["ash", "fsn1", "hel1", "hil", "nbg1", "sin"] && places.types == nil)
    // What validation found is shown with the offering.
    let old = NewOffering(
      name: "old", placements: [PlacementView(account: "main", type: "cx22", location: "fsn1", image: "debian-12")])
    _ = try #require(await host.ask("POST", "/v1/offerings", old, as: OfferingView.self)).get()
    _ = await host.ask("POST", "/v1/offerings/old/validate", as: ValidationView.self)
    let offering = try #require(await host.ask("GET", "/v1/offerings/old", as: OfferingView.self)).get()
    #expect(offering.checkedAt != nil && offering.warnings.map(\.kind) == ["notice"], "cx22 is about to end")
    let health = try #require(await host.ask("GET", "/v1/health", as: HealthView.self)).get()
    #expect(health.status == "ok" && health.warnings.first?.hasPrefix("offering old: main/cx22/fsn1: ") == true)
    await host.end()
    withExtendedLifetime((scratch, cloud)) {}
  }
}
