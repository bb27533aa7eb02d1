import Core
import Model
import Synchronization
import Testing

@testable import Daemon

/// An owner's side: what was carried, what waits, and a clock that the test moves.
private final class Scene: Sendable {
  struct State {
    var now = Instant(ms: 1_700_000_000_000)
    var carried: [String] = []
    var pauses: [Duration] = []
    var reports: [Notifier.Report] = []
    var script: [String: [NoticeEnding]] = [:]
    var running = 0
    var mostRunning = 0
  }

  let state = Mutex(State())
  let ledger = TableLedger()
  private let bell = AsyncStream<Void>.makeStream()

  func notice(_ number: UInt64, webhook: String? = "https://a.example/", email: String? = nil) -> Notice {
    Notice(
      id: ULID(high: 1, low: number), kind: .provisionFailed, at: state.withLock { $0.now },
      resource: ULID(high: 2, low: number), tenant: "t", offering: "o", failure: Failure(.noCapacity, "none left"),
      run: nil, targets: NoticeTargets(webhook: webhook, email: email))
  }

  func store(_ notices: Notice...) throws {
    for notice in notices {
      let value = try RecordCodec.encode(.notice(notice))
      ledger.commit([LedgerWrite(key: Keys.notice(notice.id), expected: 0, value: value)]) { _ in }
    }
  }

  func answer(_ number: UInt64, _ endings: NoticeEnding...) {
    state.withLock { $0.script["\(ULID(high: 1, low: number))"] = endings }
  }

  var left: Int { (try? ledger.records(prefix: "notice/").count) ?? -1 }

  func notifier(_ policy: NoticePolicy = NoticePolicy()) throws -> Notifier {
    try Notifier(
      ledger: ledger, clock: HostClock { [self] in state.withLock { $0.now } }, policy: policy,
      carry: { [self] notice, attempt in
        let ending = state.withLock { state in
          state.carried.append("\(notice.id.low)#\(attempt)")
          state.running += 1
          state.mostRunning = max(state.mostRunning, state.running)
          guard var script = state.script["\(notice.id)"], !script.isEmpty else { return NoticeEnding.delivered }
          let ending = script.removeFirst()
          state.script["\(notice.id)"] = script
          return ending
        }
        for _ in 0..<20 { await Task.yield() }
        state.withLock { $0.running -= 1 }
        return ending
      },
      report: { [self] report in
        state.withLock { $0.reports.append(report) }
        bell.continuation.yield()
      }, trouble: { Issue.record("\($0)") })
  }

  /// Runs until so many notices came to their ends; a wait moves the clock.
  func run(_ notifier: Notifier, until count: Int) async {
    let task = Task {
      await notifier.run { [self] pause in
        try Task.checkCancellation()
        state.withLock {
          $0.pauses.append(pause)
          $0.now = $0.now + Int64(pause / .milliseconds(1))
        }
      }
    }
    var bells = bell.stream.makeAsyncIterator()
    for _ in 0..<count { await bells.next() }
    task.cancel()
    await task.value
  }
}

@Suite struct NotifierTests {
  @Test(.timeLimit(.minutes(1)))
  func `the next notice to an address goes only after the one before, and none is kept once it was delivered`()
    async throws
  {
    let scene = Scene()
    let (one, two) = (scene.notice(1), scene.notice(2))
    try scene.store(one, two)
    scene.answer(1, .again("500"), .again("500"))
    let notifier = try scene.notifier()
    let three = scene.notice(3)
    try scene.store(three)
    notifier.take(three)
    await scene.run(notifier, until: 3)
    #expect(scene.state.withLock { $0.carried } == ["1#1", "1#2", "1#3", "2#1", "3#1"])
    #expect(scene.state.withLock { $0.pauses } == [.seconds(5), .seconds(10)])
    #expect(scene.state.withLock { $0.reports.map(\.attempts) } == [3, 1, 1])
    #expect(scene.left == 0)
  }

  @Test(.timeLimit(.minutes(1))) func `an address that is down holds up no other`() async throws {
    let scene = Scene()
    let (one, other) = (scene.notice(1), scene.notice(2, webhook: nil, email: "o@example.com"))
    try scene.store(one, other)
    var policy = NoticePolicy()
    policy.patience = 60_000
    policy.most = 1
    scene.state.withLock { $0.script["\(one.id)"] = Array(repeating: .again("down"), count: 50) }
    await scene.run(try scene.notifier(policy), until: 2)
    #expect(scene.state.withLock { Set($0.carried.prefix(2)) } == ["1#1", "2#1"])
    #expect(scene.left == 0)
  }

  @Test(.timeLimit(.minutes(1)))
  func `after a day of trying a notice is given up, and said to be, and the next one has its turn`() async throws {
    let scene = Scene()
    let (one, two) = (scene.notice(1), scene.notice(2))
    try scene.store(one, two)
    scene.state.withLock { $0.script["\(one.id)"] = Array(repeating: .again("down"), count: 500) }
    await scene.run(try scene.notifier(), until: 2)
    let pauses = scene.state.withLock { $0.pauses }
    #expect(pauses.reduce(.zero, +) == .seconds(86_400) && pauses.max() == .seconds(3_600))
    #expect(Array(pauses.prefix(4)) == [.seconds(5), .seconds(10), .seconds(20), .seconds(40)])
    let reports = scene.state.withLock { $0.reports }
    #expect(reports.map(\.problem) == ["down", nil] && reports[0].attempts == pauses.count + 1)
    #expect(scene.left == 0)
  }

  @Test(.timeLimit(.minutes(1))) func `what cannot succeed is given up at once`() async throws {
    let scene = Scene()
    try scene.store(scene.notice(1))
    scene.answer(1, .never("the webhook answered 410"))
    await scene.run(try scene.notifier(), until: 1)
    #expect(scene.state.withLock { $0.pauses.isEmpty && $0.reports.map(\.problem) == ["the webhook answered 410"] })
    #expect(scene.left == 0)
  }

  @Test(.timeLimit(.minutes(1))) func `a restart goes on with what was not delivered, in order`() async throws {
    let scene = Scene()
    let (one, two) = (scene.notice(1), scene.notice(2))
    try scene.store(one, two)
    let first = try scene.notifier()
    scene.answer(1, .again("down"))
    let asleep = AsyncStream<Void>.makeStream()
    let task = Task {
      await first.run { _ in
        asleep.continuation.yield()
        let never = AsyncStream<Void>.makeStream()
        for await _ in never.stream {}
        throw CancellationError()
      }
    }
    var sleeps = asleep.stream.makeAsyncIterator()
    await sleeps.next()
    task.cancel()
    await task.value
    #expect(scene.left == 2 && scene.state.withLock { $0.carried } == ["1#1"])
    await scene.run(try scene.notifier(), until: 2)
    #expect(scene.state.withLock { $0.carried } == ["1#1", "1#1", "2#1"])
    #expect(scene.left == 0)
  }

  @Test(.timeLimit(.minutes(1))) func `at most eight attempts are made at one time`() async throws {
    let scene = Scene()
    for number in 1...40 { try scene.store(scene.notice(UInt64(number), webhook: "https://\(number).example/")) }
    await scene.run(try scene.notifier(), until: 40)
    #expect(scene.state.withLock { $0.mostRunning } <= 8 && scene.left == 0)
    #expect(scene.state.withLock { $0.carried.count } == 40)
  }

  @Test func `the last words are whole lines of text that no terminal obeys`() {
    let lines = (1...30).map { "line \($0)" }
    let text = NoticeText.tail(Array((lines.joined(separator: "\n") + "\n").utf8))
    #expect(text == lines.suffix(20).joined(separator: "\n"))
    #expect(NoticeText.tail(Array("\u{1B}[2Ja\tb\0\r\n".utf8)) == "[2Ja b")
    #expect(NoticeText.tail([]) == "" && NoticeText.tail([10, 10]) == "")
    let wide = NoticeText.tail(Array(String(repeating: "€", count: 5_000).utf8))
    #expect(wide.utf8.count <= 4_096 && wide.utf8.count > 4_090 && wide.allSatisfy { $0 == "€" })
    let invalid = NoticeText.tail([UInt8](repeating: 0xFF, count: 9_000))
    #expect(invalid.utf8.count <= 4_096 && invalid.allSatisfy { $0 == "\u{FFFD}" })
  }
}
