import Control
import Plugins
import PluginMessages

/// The plugins as the router has them, shown to the control API.
struct RouterDirectory: PluginDirectory {
  let router: PluginRouter

  func views() async -> [PluginView] { await router.statuses().map(view) }

  func manifest(_ id: String) async -> PluginManifest? { await router.manifest(id)?.manifest }

  func violations(_ subject: SchemaSubject, in value: JSONValue, plugin id: String) async -> [Violation] {
    guard let checked = await router.manifest(id) else { return [] }
    return switch subject {
    case .settings: checked.settings.violations(in: value)
    case .config: checked.offering.violations(in: value)
    }
  }

  func reload(_ id: String) async { _ = await router.reload(id) }

  private func view(_ status: PluginStatus) -> PluginView {
    let problem = status.reloadFault ?? status.state.reason
    return PluginView(
      id: status.id, name: status.name, version: status.version, state: status.state.name, file: status.file,
      sha256: status.sha256, generation: UInt64(max(0, status.generation)), pid: status.pid,
      restarts: status.restarts, abi: status.abi.isEmpty ? nil : status.abi,
      capabilities: status.manifest?.capabilities ?? [],
      endpoints: (status.manifest?.endpoints ?? []).map {
        EndpointView(name: $0.name, url: $0.baseUrl, auth: $0.auth.kind.rawValue)
      }, network: status.manifest?.network,
      problem: problem.map { ControlFailure(.notServing, $0) }, sandbox: status.sandbox.map(view),
      lastEnd: status.lastEnd.map(view))
  }

  private func view(_ report: SandboxReport) -> [SandboxPartView] {
    report.lines.map { line in
      SandboxPartView(
        name: line.part.name, state: line.missing == nil ? "enforced" : "missing",
        source: line.isConfirmed == true ? "kernel" : "worker", essential: line.part.isEssential,
        reason: line.missing, note: line.note)
    }
  }

  private func view(_ end: PluginEnd) -> WorkerEndView {
    WorkerEndView(
      at: Timestamp(ms: end.at), reason: end.reason, signal: end.signal,
      address: end.crash?.address.map { "0x\(String($0, radix: 16))" }, verb: end.crash?.verb?.name,
      call: end.crash.flatMap { $0.call == 0 ? nil : $0.call }, calls: end.calls)
  }
}
