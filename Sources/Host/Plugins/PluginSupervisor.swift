import PluginMessages
import System

/// One plugin file and what runs of it: reads the file, starts workers, replaces dead ones, gives them calls.
///
/// One generation takes calls (`current`), one image is on its way to be the next (`candidate`), older generations finish
/// what they have (`draining`). What to do is decided by the values beside it; the files `PluginSupervisor+….swift` each
/// hold one concern. `@unchecked Sendable`: confined to the loop thread; every method is called there.
final class PluginSupervisor: @unchecked Sendable {
  let file: PluginFile
  /// Place of the file among all, for who wins where two have one id.
  let order: Int
  let environment: SupervisorEnvironment

  /// The id that the plugin told, once it did.
  var id: String?
  /// The id that an image told which may not have come to serve; nil once another file has it.
  var toldID: String?
  var record: PluginRecord
  var state = PluginState.starting
  var since = Clock.wall()

  // Images.
  var current: Generation? { didSet { environment.sinks.changed() } }
  var candidate: Candidate?
  var draining: [Generation] = []
  /// Candidates' workers that are on their way out.
  var loose: [Worker] = []
  /// Generations so far.
  var generations = 0
  var turn = ReloadTurn()
  /// The file's own image, when it was last read whole.
  var fileImage: PluginImage?
  var isFilePresent = true { didSet { environment.sinks.changed() } }
  /// Images that failed since the file was last read, so that each is tried once.
  var tried: Set<String> = []
  /// Whether the operator asked, so that what was set aside is taken again.
  var isForced = false
  var fault: PluginFault? { didSet { environment.sinks.changed() } }
  /// Waits for the end of a reload.
  var reloading: [(PluginStatus) -> Void] = []

  // Workers.
  var restarts = RestartRecord()
  var charges = CrashCharges()
  /// Times in a row that an image did not come to serve.
  var loadFailures: [String: Int] = [:]
  var backoff: ReactorTimer?
  var growth: ReactorTimer?
  var stopping: (() -> Void)?

  // Calls and lines.
  var queue = CallQueue<CallTicket>()
  /// Calls that may crash a worker, and so get one of their own.
  var suspects = CallQueue<CallTicket>()
  var budget: LineBudget
  var tail = LogTail()
  /// How the last worker ended that should not have.
  var lastEnd: PluginEnd?
  /// SHA-256 of the image that does its own networking and may.
  var directImage: String?

  init(_ file: PluginFile, order: Int, record: PluginRecord?, _ environment: SupervisorEnvironment) {
    self.file = file
    self.order = order
    self.record = record ?? PluginRecord(file)
    self.environment = environment
    id = record?.id
    let configuration = environment.configuration
    budget = LineBudget(perSecond: configuration.linesPerSecond, burst: 2 * configuration.linesPerSecond)
    charges.subjects = configuration.quarantineSubjects
  }

  /// What people call it.
  var name: String { id ?? toldID ?? file.stem }

  /// Whether it has once come to serve, or not to.
  var wasDecided = false

  /// Whether its first start is not decided yet, so that its id may turn out to be any.
  var isUndecided: Bool { state == .starting && !wasDecided }

  /// Every worker that lives.
  var everyone: [Worker] {
    (current?.everyone ?? []) + draining.flatMap(\.everyone) + loose + [candidate?.worker].compactMap(\.self)
  }

  /// Digests of the images that must stay in the store.
  var images: Set<String> {
    Set(
      [record.current, record.previous, fileImage?.sha256, current?.image.sha256, candidate?.image.sha256]
        .compactMap(\.self) + draining.map(\.image.sha256))
  }

  /// The manifest of the image that serves, or else of the one that did.
  var checked: CheckedManifest?

  var status: PluginStatus {
    let worker = current?.workers.first ?? candidate?.worker ?? current?.starting.first
    return PluginStatus(
      id: name, name: checked?.manifest.name ?? file.name, version: checked?.manifest.version ?? "",
      file: file.path, sha256: current?.image.sha256 ?? candidate?.image.sha256 ?? record.current ?? "", state: state,
      pid: worker?.child.pid, generation: current?.number ?? generations, restarts: restarts.total, since: since,
      abi: current?.abi.map { "\($0)" } ?? "", sandbox: worker?.sandbox, lastEnd: lastEnd,
      manifest: checked?.manifest, inFlight: everyone.reduce(0) { $0 + $1.tickets.count },
      waiting: queue.count + suspects.count, fault: fault, isFilePresent: isFilePresent, previous: record.previous,
      generations: [current].compactMap { $0?.status(isDraining: false) }
        + draining.map { $0.status(isDraining: true) },
      quarantine: environment.quarantine.entries.values.filter { entry in
        entry.plugin == name || images.contains(entry.sha256)
      }.sorted { $0.at < $1.at },
      parked: record.parked)
  }

  func enter(_ next: PluginState) {
    if next == state { return }
    state = next
    since = Clock.wall()
    environment.sinks.status(status)
    environment.sinks.changed()
  }

  /// Writes a line about the plugin.
  func log(_ level: UInt8, _ message: String, _ worker: Worker? = nil) {
    let text = PlainText.line(message, limit: 4096)
    tail.add(text)
    environment.sinks.log(
      PluginLogLine(
        plugin: name, generation: worker?.generation, pid: worker?.child.pid, level: level, message: text, fields: "",
        tag: ""))
  }

  /// Makes the record durable, in the background: a process that dies first only asks again what it had decided.
  func save() {
    let (record, store, name, sinks) = (record, environment.store, name, environment.sinks)
    environment.files.submit {
      do throws(SystemError) { try store.save(record) } catch {
        sinks.log(
          PluginLogLine(
            plugin: name, pid: nil, level: 2,
            message: "the plugin's record cannot be written; after a restart it is decided anew: \(error)", fields: "",
            tag: ""))
      }
    }
  }

  /// Whether an image is not to be started, whatever the file says.
  func isBarred(_ sha256: String) -> Bool { environment.quarantine.contains(sha256) }

  /// Answers all calls that wait.
  func flush(_ reason: String) {
    while let ticket = queue.next() { ticket.decide(.notServing(reason)) }
    while let ticket = suspects.next() { ticket.decide(.notServing(reason)) }
  }
}

/// What all supervisors of a host share.
struct SupervisorEnvironment: Sendable {
  let configuration: PluginsConfiguration
  let reactor: Reactor
  /// A thread of its own for the disk.
  let files: Reactor
  let store: PluginStore
  let quarantine: QuarantineBook
  let sinks: PluginSinks
  let hooks: PluginHooks
  /// Asks whether an id may be had; nil where it may, else the path of the file that has it.
  let claim: @Sendable (PluginSupervisor, String) -> String?
  /// Takes an id over from a supervisor whose file has gone.
  let take: @Sendable (PluginSupervisor, String) -> Void
  /// A supervisor has come to serve, or will not for a while.
  let decided: @Sendable (PluginSupervisor) -> Void
  /// Images may have become useless.
  let collect: @Sendable () -> Void
  /// Calls a candidate's worker.
  let trial: @Sendable (Worker, PluginCall, @escaping PluginHTTPDelegate) async -> CallOutcome
}
