import Control
import PluginMessages
import Plugins

/// The plugins as the router has them, shown to the control API.
struct RouterDirectory: PluginDirectory {
  let router: PluginRouter

  func views() async -> [PluginView] { await router.statuses().map { PluginView($0) } }

  func settled() async { await router.settled() }

  func manifest(_ id: String) async -> PluginManifest? { await router.manifest(id)?.manifest }

  func violations(_ subject: SchemaSubject, in value: JSONValue, plugin id: String) async -> [Violation] {
    guard let checked = await router.manifest(id) else { return [] }
    return switch subject {
    case .settings: checked.settings.violations(in: value)
    case .config: checked.offering.violations(in: value)
    }
  }

  func steer(_ id: String, _ command: PluginCommand) async -> String? {
    guard let action = PluginAction(rawValue: command.rawValue) else { return "\(command.rawValue) is not known" }
    do throws(PluginSteerFault) {
      _ = try await router.steer(id, action)
      return nil
    } catch { return error.text }
  }

  func install(_ path: String) async -> Result<PluginView, PluginProblem> {
    do throws(PluginSteerFault) {
      return .success(PluginView(try await router.install(path)))
    } catch { return .failure(PluginProblem(text: error.text)) }
  }
}

extension PluginView {
  init(_ status: PluginStatus) {
    let problem = status.fault?.reason ?? status.state.reason
    self.init(
      id: status.id, name: status.name, version: status.version, state: status.state.name, file: status.file,
      sha256: status.sha256, generation: UInt64(max(0, status.generation)), pid: status.pid,
      restarts: status.restarts, abi: status.abi.isEmpty ? nil : status.abi,
      capabilities: status.manifest?.capabilities ?? [],
      endpoints: (status.manifest?.endpoints ?? []).map {
        EndpointView(name: $0.name, url: $0.baseUrl, auth: $0.auth.kind.rawValue)
      }, network: status.manifest?.network,
      problem: problem.map { ControlFailure(.notServing, $0) }, sandbox: status.sandbox.map(Self.view),
      lastEnd: status.lastEnd.map(Self.view))
    filePresent = status.isFilePresent
    previous = status.previous
    waiting = status.waiting
    held = status.fault.map {
      HeldImageView(sha256: $0.sha256, version: $0.version, reason: $0.reason, asks: $0.asks)
    }
    generations = status.generations.map { GenerationView($0) }
    quarantine = status.quarantine.map {
      QuarantineView(
        sha256: $0.sha256, reason: $0.reason, at: Timestamp(ms: $0.at), end: $0.end, calls: $0.calls, lines: $0.lines)
    }
    parked = status.parked.map { ParkedCallView(verb: $0.subject.verb, subject: $0.subject.subject, reason: $0.reason) }
  }

  private static func view(_ report: SandboxReport) -> [SandboxPartView] {
    report.lines.map { line in
      SandboxPartView(
        name: line.part.name, state: line.missing == nil ? "enforced" : "missing",
        source: line.isConfirmed == true ? "kernel" : "worker", essential: line.part.isEssential,
        reason: line.missing, note: line.note)
    }
  }

  private static func view(_ end: PluginEnd) -> WorkerEndView {
    WorkerEndView(
      at: Timestamp(ms: end.at), reason: end.reason, signal: end.signal,
      address: end.crash?.address.map { "0x\(String($0, radix: 16))" }, verb: end.crash?.verb?.name,
      call: end.crash.flatMap { $0.call == 0 ? nil : $0.call }, calls: end.calls)
  }
}

extension GenerationView {
  init(_ status: GenerationStatus) {
    self.init(
      generation: UInt64(max(0, status.number)), sha256: status.sha256, version: status.version,
      state: status.isDraining ? "draining" : "serving", pids: status.pids, inFlight: status.inFlight,
      restarts: status.metrics.restarts, memoryBytes: status.memory,
      verbs: status.metrics.verbs.sorted { $0.key.rawValue < $1.key.rawValue }.map { verb, metrics in
        VerbMetricsView(
          verb: verb.name, calls: metrics.latency.count, failures: metrics.failures, timeouts: metrics.timeouts,
          crashed: metrics.crashed, p50Us: metrics.latency.quantile(0.5), p99Us: metrics.latency.quantile(0.99))
      })
  }
}
