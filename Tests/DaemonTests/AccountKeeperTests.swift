import Control
import Core
import Model
import PluginMessages
import Synchronization
import Testing

@testable import Daemon

@Suite struct AccountKeeperTests {
  private func facts(_ desk: Desk) -> [Bool] {
    desk.script.withLock { script in
      script.events.compactMap { if case .account(let facts) = $0 { facts.identityHolds } else { nil } }
    }
  }

  @Test func `an identity that was seen to hold is not unseen by a test that fails, only by another one`() async throws
  {
    let desk = try Desk()
    let keeper = try desk.keeper()
    let account = try await desk.account("a")
    desk.on(.selfTest) { _, _ in Desk.reply(SelfTestReply(accountIdentity: "me", credentialValid: true)) }
    #expect(await keeper.check(account).state == "healthy")
    desk.on(.selfTest) { _, _ in Desk.failure(.unavailable, "503") }
    #expect(await keeper.check(account).state == "failing")
    desk.on(.selfTest) { _, _ in Desk.reply(SelfTestReply(accountIdentity: "you", credentialValid: true)) }
    let health = await keeper.check(account)
    #expect(health.state == "failing" && health.failure?.expected == "me" && health.failure?.found == "you")
    #expect(health.failure?.remedy?.contains("slipway account rotate a") == true)
    #expect(facts(desk) == [true, true, false])
  }

  @Test func `what a new image says of its cloud reaches the engine at the switch, and is kept`() async throws {
    let desk = try Desk()
    let keeper = try desk.keeper()
    let account = try await desk.account("a")
    desk.on(.selfTest) { _, _ in Desk.reply(SelfTestReply(accountIdentity: "me", credentialValid: true)) }
    await keeper.check(account)
    var other = account
    (other.name, other.plugin) = ("b", "q")
    try await desk.registry.put(other)
    let manifest = PluginManifest(id: "p", name: "P", version: "2.0.0", rate: RateBudget(perHour: 42), maxPollBatch: 7)
    keeper.switched(to: manifest)
    keeper.stop()
    await keeper.keepAdopting()
    let facts = desk.script.withLock { script in
      script.events.compactMap { if case .account(let facts) = $0 { facts } else { nil } }
    }
    #expect(facts.count == 2)
    // What was seen of the account's identity is not forgotten by it.
    #expect(facts.last?.limits.requestsPerHour == 42 && facts.last?.limits.pollBatch == 7)
    #expect(facts.last?.name == "a" && facts.last?.identityHolds == true)
    #expect(await desk.registry.account("a")?.limits.requestsPerHour == 42)
    #expect(await desk.registry.account("b")?.limits == other.limits)
  }

  @Test func `a refused credential opens the circuit before anything is made with it`() async throws {
    let desk = try Desk()
    let keeper = try desk.keeper()
    let account = try await desk.account("a")
    desk.on(.selfTest) { _, _ in Desk.failure(.unauthenticated, "the token is not accepted") }
    let health = await keeper.check(account)
    #expect(health.state == "failing" && health.credentialValid == false)
    #expect(
      desk.script.withLock { script in
        script.events.contains { if case .accountRefused("a", _) = $0 { true } else { false } }
      })
  }

  @Test func `an account of which nothing could be learned at the start is asked again until the cloud answers`()
    async throws
  {
    let desk = try Desk()
    let keeper = try desk.keeper()
    _ = try await desk.account("a")
    let tries = Mutex(0)
    desk.on(.selfTest) { _, _ in
      tries.withLock { $0 += 1 }
      return tries.withLock { $0 } < 4
        ? Desk.failure(.unavailable, "503") : Desk.reply(SelfTestReply(accountIdentity: "me", credentialValid: true))
    }
    let waits = Mutex<[Int64]>([])
    let (held, hold) = AsyncStream<Void>.makeStream()
    let task = Task {
      await keeper.keepVerifying { wait in
        waits.withLock { $0.append(wait.components.seconds) }
        if tries.withLock({ $0 }) == 3 { hold.yield() }
      }
    }
    for await _ in held { break }
    while keeper.health(of: "a")?.state != "healthy" { await Task.yield() }
    task.cancel()
    await task.value
    #expect(waits.withLock { $0 } == [5, 10, 20])
    #expect(facts(desk).last == true)
  }
}
