import RemoteProtocol

/// What is known of a run, over all connections to its VM. Pure.
///
/// Whatever a VM sends, the events are in order, without overlap, and no more than the job's limits.
struct RunProgress {
  /// Bytes that the caller has, in each stream.
  private(set) var offsets: OutputOffsets
  /// Whether the VM holds the run, so that it must not be begun again.
  private(set) var isAttached: Bool
  /// Whether this connection's script waits for permission to begin.
  private(set) var isReady = false
  /// How it ended, once it has.
  private(set) var ending: RunEnding?
  private let job: RecipeJob
  private var reader: RunReader
  private var received = OutputOffsets()
  private var hasBegun = false
  private var cloudInit: CloudInitReport?

  init(_ job: RecipeJob) {
    self.job = job
    offsets = job.offsets
    isAttached = !job.mayBegin
    reader = RunReader(greeting: RecipeScript.greeting(job), needed: job.body.needed)
  }

  /// A new connection begins: nothing of a line that was cut is kept.
  mutating func connect() {
    reader = RunReader(greeting: RecipeScript.greeting(job), needed: job.body.needed)
    isReady = false
  }

  /// What a piece of the other end's standard output says.
  mutating func take(_ bytes: [UInt8]) throws(MalformedRun) -> [RecipeEvent] {
    var events: [RecipeEvent] = []
    for record in try reader.take(bytes) { try apply(record, &events) }
    return events
  }

  /// The ending when it is given up.
  func givenUp(_ reason: RemoteResult.Ending) -> RunEnding { ended(.unreachable(reason)) }

  /// The ending when the task is cancelled.
  func detached() -> RunEnding { ended(.detached) }

  private mutating func apply(_ record: RunReader.Record, _ events: inout [RecipeEvent]) throws(MalformedRun) {
    switch record {
    case .alive: break
    case .ready:
      guard !isAttached, !isReady else { throw MalformedRun(reason: "ready again") }
      isReady = true
    case .attached:
      isAttached = true
      events.append(.attached)
    case .running(let since):
      hasBegun = true
      events.append(.running(since: since))
    case .cloudInit(let report):
      if cloudInit != report { events.append(.cloudInit(report)) }
      cloudInit = report
    case .output(let stream, let offset, let bytes): try take(stream, offset, bytes, &events)
    case .interrupted(let why): ending = ended(.interrupted(why))
    case .refused(let why):
      // It may have been said to run a moment before the disk was full.
      hasBegun = false
      ending = ended(.notStarted(why))
    case .ended(let account):
      hasBegun = hasBegun || account.outcome != .cancelled || account.elapsedMs > 0
      for stream in RemoteStream.allCases where account.totals[stream] > offsets[stream] {
        events.append(.skipped(stream, from: offsets[stream], to: account.totals[stream]))
        offsets[stream] = account.totals[stream]
      }
      var ending = ended(account.outcome)
      ending.duration = .milliseconds(account.elapsedMs)
      ending.wasDiskFull = account.wasDiskFull
      ending.memoryKills = account.memoryKills
      ending.totals = account.totals
      self.ending = ending
    }
  }

  private mutating func take(
    _ stream: RemoteStream, _ offset: Int, _ bytes: [UInt8], _ events: inout [RecipeEvent]
  ) throws(MalformedRun) {
    guard offset >= offsets[stream] else { throw MalformedRun(reason: "output that came before") }
    if offset > offsets[stream] { events.append(.skipped(stream, from: offsets[stream], to: offset)) }
    received[stream] += bytes.count
    guard received[stream] <= job.limits.most else { throw MalformedRun(reason: "more output than is kept") }
    offsets[stream] = offset + bytes.count
    events.append(.output(stream, offset: offset, bytes))
  }

  private func ended(_ outcome: RunEnding.Outcome) -> RunEnding {
    RunEnding(outcome, hasBegun: hasBegun, cloudInit: cloudInit)
  }
}
