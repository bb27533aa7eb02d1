package import Core
package import Model

/// Brings notices to the owners of offerings, at least once each, and in order for each of their addresses.
///
/// A notice is a record of the ledger until it was delivered or given up; so what a restart interrupts is begun again. The
/// pump never waits for it: `take` only puts a notice into a queue.
package actor Notifier {
  /// Makes one attempt, the first being 1; cancellation ends it soon.
  package typealias Carry = @Sendable (Notice, _ attempt: Int) async -> NoticeEnding
  /// Waits that long, or throws when the task is cancelled.
  package typealias Wait = @Sendable (Duration) async throws -> Void

  /// What came of a notice, for the log and the timeline.
  package struct Report: Sendable, Hashable {
    /// The notice.
    package var notice: Notice
    /// Attempts since the host started.
    package var attempts: Int
    /// Why it was given up; nil: it was delivered.
    package var problem: String?
  }

  private let ledger: any Ledger
  private let clock: HostClock
  private let policy: NoticePolicy
  private let carry: Carry
  private let report: @Sendable (Report) -> Void
  private let trouble: @Sendable (String) -> Void
  private let left: [Notice]
  private let fresh: AsyncStream<Notice>
  private let door: AsyncStream<Notice>.Continuation
  private var lanes: [String: [Notice]] = [:]
  private var busy = 0
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// Reads what is left from before; nothing is sent before `run`. Make it before the pump runs, or a notice comes twice.
  /// - Throws: `LedgerError` where the ledger cannot be read.
  package init(
    ledger: any Ledger, clock: HostClock, policy: NoticePolicy = NoticePolicy(), carry: @escaping Carry,
    report: @escaping @Sendable (Report) -> Void, trouble: @escaping @Sendable (String) -> Void
  ) throws(LedgerError) {
    self.ledger = ledger
    self.clock = clock
    self.policy = policy
    self.carry = carry
    self.report = report
    self.trouble = trouble
    (fresh, door) = AsyncStream.makeStream()
    var left: [Notice] = []
    for stored in try ledger.records(prefix: "notice/") {
      if case .notice(let notice)? = try? RecordCodec.decode(stored) {
        left.append(notice)
      } else {
        trouble("\(stored.key) cannot be read, and is not sent")
      }
    }
    self.left = left
  }

  /// Takes a notice that is durable. Any thread; never blocks.
  package nonisolated func take(_ notice: Notice) { door.yield(notice) }

  /// Delivers until it is cancelled.
  package func run(_ wait: @escaping Wait) async {
    await withDiscardingTaskGroup { group in
      for notice in left { add(notice, &group, wait) }
      for await notice in fresh { add(notice, &group, wait) }
      group.cancelAll()
    }
  }

  private func add(_ notice: Notice, _ group: inout DiscardingTaskGroup, _ wait: @escaping Wait) {
    let lane = Self.lane(of: notice)
    guard lanes[lane] == nil else {
      lanes[lane]?.append(notice)
      return
    }
    lanes[lane] = [notice]
    group.addTask { await self.serve(lane, wait) }
  }

  /// What has an order of its own: one address.
  static func lane(of notice: Notice) -> String {
    notice.targets.webhook.map { "webhook \($0)" } ?? "mail \(notice.targets.email ?? "")"
  }

  private func serve(_ lane: String, _ wait: Wait) async {
    while let notice = lanes[lane]?.first {
      guard await bring(notice, wait) else { return }
      lanes[lane]?.removeFirst()
    }
    lanes[lane] = nil
  }

  /// Brings one to its end; false where the host stops first.
  private func bring(_ notice: Notice, _ wait: Wait) async -> Bool {
    var attempt = 0
    while true {
      await begin()
      guard !Task.isCancelled else {
        end()
        return false
      }
      attempt += 1
      let ending = await carry(notice, attempt)
      end()
      switch ending {
      case .delivered:
        await forget(notice)
        report(Report(notice: notice, attempts: attempt, problem: nil))
        return true
      case .never(let why):
        await forget(notice)
        report(Report(notice: notice, attempts: attempt, problem: why))
        return true
      case .again(let why):
        guard !Task.isCancelled else { return false }
        guard let pause = policy.pause(after: attempt, age: clock.now() - notice.at) else {
          await forget(notice)
          report(Report(notice: notice, attempts: attempt, problem: why))
          return true
        }
        do { try await wait(.milliseconds(pause)) } catch { return false }
      }
    }
  }

  // MARK: Room for attempts

  private func begin() async {
    guard busy >= policy.most else {
      busy += 1
      return
    }
    // Whoever ends hands over its place; after a cancellation they all end soon.
    await withCheckedContinuation { waiting.append($0) }
  }

  private func end() {
    guard !waiting.isEmpty else {
      busy -= 1
      return
    }
    waiting.removeFirst().resume()
  }

  private func forget(_ notice: Notice) async {
    let write = LedgerWrite(key: Keys.notice(notice.id), expected: 1, value: nil)
    let result = await withCheckedContinuation { continuation in
      ledger.commit([write]) { continuation.resume(returning: $0) }
    }
    if case .failure(let error) = result {
      trouble("notice \(notice.id) is done with, but its record stays until it is sent again: \(error)")
    }
  }
}

/// What came of one attempt to bring a notice.
package enum NoticeEnding: Sendable, Hashable {
  /// The receiver took it.
  case delivered
  /// It may succeed later; why it did not now, without secrets.
  case again(String)
  /// It will not succeed as it is; why, without secrets.
  case never(String)
}

/// When a notice is tried again; pure.
package struct NoticePolicy: Sendable, Hashable {
  /// Milliseconds before the second attempt; doubled for each further one.
  package var first: Int64 = 5_000
  /// Milliseconds between two attempts at most.
  package var longest: Int64 = 3_600_000
  /// Milliseconds after what it tells happened until it is given up; each notice has one attempt at least.
  package var patience: Int64 = 86_400_000
  /// Attempts at one time at most.
  package var most = 8

  /// The policy of the host.
  package init() {}

  /// Milliseconds to wait after so many attempts in vain, for a notice that is `age` old; nil: it is given up. The last
  /// attempt comes when patience ends.
  package func pause(after attempts: Int, age: Int64) -> Int64? {
    guard age < patience else { return nil }
    let doubled = first << Int64(min(max(attempts, 1) - 1, 30))
    return min(doubled, longest, patience - max(age, 0))
  }
}
