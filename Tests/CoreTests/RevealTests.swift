import Core
import Model
import Testing

@Suite struct RevealTests {
  @Test func `secrets are given out only when the ledger has forgotten them, and once`() throws {
    var scene = Scene()
    scene.dispatch()
    scene.finish(
      "provision",
      .created(Created(externalID: "42", secrets: [SealedSecret(name: "root_password", box: "sealed")])))
    scene.look([("42", .running)])
    let id = scene.machine.resource.id
    var engine = Engine(
      boot: scene.boot, policy: scene.policy, seed: 1,
      records: [(Keys.resource(id), 1, .resource(scene.machine.resource))]
        + scene.machine.attempts.values.map { (Keys.attempt($0.id), 1, .attempt($0)) },
      accounts: scene.accounts.values.map(\.facts), at: scene.now)
    _ = engine.handle(.started, at: scene.now)
    var commit: UInt64?
    for action in engine.handle(.command(1, .reveal(id)), at: scene.now) {
      switch action {
      case .commit(let number, _): commit = number
      case .answer: Issue.record("answered before it was durable")
      default: break
      }
    }
    let answers = engine.handle(.committed(try #require(commit)), at: scene.now).compactMap { action -> Answer? in
      if case .answer(1, let answer) = action { answer } else { nil }
    }
    #expect(answers == [.secrets([SealedSecret(name: "root_password", box: "sealed")])])
    #expect(engine.machine(id)?.resource.secrets.isEmpty == true)
    let again = engine.handle(.command(2, .reveal(id)), at: scene.now)
    #expect(again.contains { if case .answer(2, .secrets([])) = $0 { true } else { false } })
  }
}
