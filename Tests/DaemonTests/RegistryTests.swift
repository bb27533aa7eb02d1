import Core
@testable import Daemon
import Model
import PluginMessages
import Testing

@Suite struct RegistryTests {
  private func account(
    _ name: String, _ identity: String?, plugin: String = "p", url: String = "https://a.test"
  ) -> AccountRecord {
    AccountRecord(
      name: name, plugin: plugin,
      endpoints: ["api": EndpointRecord(url: url, unixSocket: nil, auth: AuthScheme(.bearer), operatorSet: true)],
      settings: .object([:]), identity: identity, limits: CloudLimits(),
      addedAt: Instant(ms: 0))
  }

  @Test func `A cloud account is in the ledger once`() async throws {
    let registry = try Registry(ledger: TableLedger())
    #expect(try await registry.add(account("a", "project 1")) == nil)
    #expect(try await registry.add(account("b", "project 1")) == "a")
    #expect(await registry.allAccounts.map(\.name) == ["a"])
    #expect(try await registry.add(account("c", "project 2")) == nil)
    #expect(try await registry.add(account("d", "project 1", plugin: "q")) == nil)
  }

  @Test func `By another endpoint it may be added, and both know of each other`() async throws {
    let registry = try Registry(ledger: TableLedger())
    let (one, other) = (account("a", "project"), account("b", "project", url: "https://b.test"))
    #expect(try await registry.add(one) == nil)
    #expect(try await registry.add(other) == nil)
    #expect(await registry.twins(of: one).map(\.name) == ["b"])
    #expect(await registry.twins(of: other).map(\.name) == ["a"])
  }

  @Test func `Accounts whose cloud tells no identity are not held to be one`() async throws {
    let registry = try Registry(ledger: TableLedger())
    #expect(try await registry.add(account("a", nil)) == nil)
    #expect(try await registry.add(account("b", nil)) == nil)
  }

  @Test func `Of two that are added at once one is refused`() async throws {
    let registry = try Registry(ledger: TableLedger())
    async let first = registry.add(account("a", "project"))
    async let second = registry.add(account("b", "project"))
    let refusals = [try await first, try await second].compactMap { $0 }
    #expect(refusals.count == 1)
    #expect(await registry.allAccounts.count == 1)
  }
}
