import Core
import Model
import Testing

@Suite struct NoticeTests {
  private func engine(_ targets: NoticeTargets?) -> (Engine, Order) {
    let facts = AccountFacts(
      name: "a", plugin: "p", limits: CloudLimits(settleMs: 10_000, uniqueNames: true), identityHolds: true)
    let now = Instant(ms: 1_000)
    let engine = Engine(
      boot: ULID(high: 1, low: 1), policy: Policy(), seed: 1, records: [], accounts: [facts], at: now)
    var offering = Offering(
      name: "o", placements: [Placement(account: "a", type: "t", location: "l", image: "i")], readiness: .cloud,
      provisionDeadlineMs: 60_000)
    offering.notify = targets
    let order = Order(
      caller: "c", idempotencyKey: "k", bodyDigest: "d", tenant: "t", offering: offering, sshKeys: [], expiresAt: nil)
    return (engine, order)
  }

  /// Runs an order into its deadline; the commits and the notices on the way.
  private func expire(_ targets: NoticeTargets?) -> (writes: [[RecordWrite]], notices: [Notice]) {
    var (engine, order) = engine(targets)
    var commits: [[RecordWrite]] = []
    var notices: [Notice] = []
    var waiting = engine.handle(.started, at: Instant(ms: 1_000))
    waiting += engine.handle(.command(1, .provision(order)), at: Instant(ms: 1_000))
    waiting += engine.handle(.tick, at: Instant(ms: 1_000))
    var isExpired = false
    while !waiting.isEmpty {
      switch waiting.removeFirst() {
      case .commit(let number, let writes):
        commits.append(writes)
        waiting += engine.handle(.committed(number), at: Instant(ms: isExpired ? 90_000 : 1_000))
      case .notice(let notice): notices.append(notice)
      default: break
      }
      if waiting.isEmpty && !isExpired {
        isExpired = true
        waiting += engine.handle(.tick, at: Instant(ms: 90_000))
      }
    }
    return (commits, notices)
  }

  @Test func `an owner is told of a failure in the commit that decides it, and not before that is durable`() throws {
    let (commits, notices) = expire(NoticeTargets(webhook: "https://example.org/hook"))
    let notice = try #require(notices.first)
    #expect(notices.count == 1)
    #expect(notice.kind == .provisionFailed && notice.failure.code == .deadline && notice.offering == "o")
    let commit = try #require(commits.first { $0.contains { $0.key == Keys.notice(notice.id) } })
    #expect(commit.contains { if case .resource(let it) = $0.record { it.openOperation == nil } else { false } })
  }

  @Test func `a webhook and an address are told by a notice each, in the same commit`() throws {
    let secret = SealedSecret(name: "webhook_secret", box: "AAAA")
    let both = NoticeTargets(webhook: "https://example.org/hook", secret: secret, email: "o@example.org")
    let (commits, notices) = expire(both)
    #expect(
      notices.map(\.targets) == [
        NoticeTargets(webhook: "https://example.org/hook", secret: secret), NoticeTargets(email: "o@example.org"),
      ])
    try #require(notices.count == 2)
    #expect(notices[0].id != notices[1].id && notices[0].failure == notices[1].failure)
    let commit = try #require(commits.first { $0.contains { $0.key == Keys.notice(notices[0].id) } })
    #expect(commit.contains { $0.key == Keys.notice(notices[1].id) })
  }

  @Test func `an owner who wants nothing is told nothing`() {
    let (commits, notices) = expire(nil)
    #expect(notices.isEmpty)
    #expect(!commits.joined().contains { $0.key.kind == "notice" })
  }
}
