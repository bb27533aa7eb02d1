import Broker
import Core
import Daemon
import Model
import PluginMessages
import Synchronization
import Testing

@Suite struct BudgetBookTests {
  private let told = Mailbox()
  private let rate = RateBudget(
    perHour: 3_600, limitHeader: "ratelimit-limit", remainingHeader: "ratelimit-remaining")

  private final class Mailbox: Sendable {
    private let sizes = Mutex<[Int]>([])
    var all: [Int] { sizes.withLock(\.self) }
    func put(_ size: Int) { sizes.withLock { $0.append(size) } }
  }

  private func book() -> BudgetBook {
    let start = Instant(ms: 1_700_000_000_000)
    return BudgetBook(clock: HostClock { start }) { [told] _, size in told.put(size) }
  }

  private func answer(_ fields: [(String, String)], account: String = "main") -> BrokerHead {
    BrokerHead(
      account: account, endpoint: "api", status: 200, headers: fields.map { BrokerHeader($0.0, $0.1) },
      wallMs: 0)
  }

  private func ask(_ verb: BrokerVerb, isResolving: Bool = false) -> BrokerGateQuestion {
    BrokerGateQuestion(account: "main", verb: verb, method: .get, isResolving: isResolving)
  }

  @Test func `an account without a budget is never held back`() {
    let book = book()
    book.know("main", nil)
    book.know("main", RateBudget(perSecond: 30))
    for _ in 0..<10_000 { #expect(book.admit(ask(.catalog)) == .go) }
    #expect(book.budget(of: "main") == nil)
  }

  @Test func `what the cloud's headers say counts, and a new size is told once`() {
    let book = book()
    book.know("main", rate)
    book.heard(answer([("ratelimit-limit", "7200"), ("ratelimit-remaining", "7000")]))
    book.heard(answer([("ratelimit-limit", "7200, 7200;w=3600"), ("ratelimit-remaining", "6999")]))
    #expect(book.budget(of: "main")?.perHour == 7_200)
    #expect(book.budget(of: "main")?.left == 6_999)
    #expect(told.all == [7_200])
    // The same manifest again forgets nothing.
    book.know("main", rate)
    #expect(book.budget(of: "main")?.left == 6_999)
  }

  @Test func `an answer that speaks of another, small budget is not believed`() {
    let book = book()
    book.know("main", rate)
    book.heard(answer([("ratelimit-limit", "10"), ("ratelimit-remaining", "0")]))
    book.heard(answer([("ratelimit-limit", "many"), ("ratelimit-remaining", "-7")]))
    book.heard(answer([("ratelimit-remaining", "0")], account: "another"))
    #expect(book.budget(of: "main")?.left == 3_600)
    #expect(told.all.isEmpty)
  }

  @Test func `where the cloud says that nothing is left, requests wait, and say how long`() {
    let book = book()
    book.know("main", rate)
    book.heard(answer([("ratelimit-limit", "3600"), ("ratelimit-remaining", "0")]))
    for verb in [BrokerVerb.terminate, .provision, .poll, .catalog] {
      guard case .wait(let ms) = book.admit(ask(verb)) else {
        Issue.record("\(verb) was let through")
        continue
      }
      #expect(ms > 0 && ms <= 3_600_000)
    }
    #expect(book.budget(of: "main")?.held == 4)
  }

  @Test func `a look that decides whether something exists is as urgent as an end`() {
    let book = book()
    book.know("main", rate)
    // 720 are left: the reserve of ends alone.
    book.heard(answer([("ratelimit-limit", "3600"), ("ratelimit-remaining", "720")]))
    #expect(book.admit(ask(.poll)) != .go)
    #expect(book.admit(ask(.list)) != .go)
    #expect(book.admit(ask(.poll, isResolving: true)) == .go)
    #expect(book.admit(ask(.terminate)) == .go)
    book.forget("main")
    #expect(book.admit(ask(.poll)) == .go)
  }
}
