import PluginMessages
import System

/// One image of a plugin at work: its workers, and what they have done.
///
/// `@unchecked Sendable`: confined to the loop thread.
final class Generation: @unchecked Sendable {
  let number: Int
  let image: PluginImage
  let checked: CheckedManifest
  let abi: ABIVersion?
  /// Workers that take calls.
  var workers: [Worker] = []
  /// Workers that load, to join those.
  var starting: [Worker] = []
  /// Workers that take no more calls.
  var leaving: [Worker] = []
  var metrics = GenerationMetrics()
  /// Until then a crash brings the previous image back.
  var probationUntil: UInt64?
  /// Until then no worker is added.
  var restUntil: UInt64 = 0

  init(_ number: Int, _ image: PluginImage, _ checked: CheckedManifest, abi: ABIVersion?) {
    self.number = number
    self.image = image
    self.checked = checked
    self.abi = abi
  }

  /// Calls at once in one worker.
  var slots: Int { checked.manifest.maxConcurrency }

  /// Whether one worker runs one call, so that each busy account gets a worker.
  var isSerial: Bool { slots == 1 }

  var everyone: [Worker] { workers + starting + leaving }

  func has(_ worker: Worker) -> Bool {
    workers.contains { $0 === worker } || starting.contains { $0 === worker } || leaving.contains { $0 === worker }
  }

  var inFlight: Int { everyone.reduce(0) { $0 + $1.tickets.count } }

  /// Whether nothing of it is left.
  var isOver: Bool { workers.isEmpty && starting.isEmpty && leaving.isEmpty }

  /// Accounts with a call under way in a worker that still takes calls.
  var busyAccounts: Set<String> {
    Set(workers.filter { $0.lane == .shared }.flatMap { $0.tickets.values.map(\.call.account) })
  }

  /// The worker that the next call goes to: the one with the fewest, if it has a slot.
  func free(_ lane: Worker.Lane) -> Worker? {
    var (best, fewest): (Worker?, Int) = (nil, lane == .alone ? 1 : slots)
    for worker in workers where worker.lane == lane && worker.tickets.count < fewest {
      (best, fewest) = (worker, worker.tickets.count)
    }
    return best
  }

  func count(_ lane: Worker.Lane) -> Int { (workers + starting).count { $0.lane == lane } }

  func status(isDraining: Bool) -> GenerationStatus {
    GenerationStatus(
      number: number, sha256: image.sha256, version: checked.manifest.version, isDraining: isDraining,
      pids: everyone.map(\.child.pid), inFlight: inFlight, metrics: metrics,
      readyAfter: workers.first.flatMap { worker in worker.readyAt.map { $0 &- worker.startedAt } })
  }
}

/// An image on its way to serving.
///
/// `@unchecked Sendable`: confined to the loop thread.
final class Candidate: @unchecked Sendable {
  let worker: Worker
  let image: PluginImage
  /// Whether others may object.
  let isExamined: Bool
  var version: String?
  var examination: Task<Void, Never>?

  init(_ worker: Worker, _ image: PluginImage, isExamined: Bool) {
    self.worker = worker
    self.image = image
    self.isExamined = isExamined
  }
}
