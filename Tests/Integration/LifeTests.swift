import Control
import Daemon
import Foundation
import HTTP
import Testing

@Suite struct LifeTests {
  /// A host in this process, with the real plugin in a real worker.
  private func host(_ scratch: Scratch, _ plugins: String) async throws -> DaemonHost {
    var configuration = Configuration(host: HostFacts(isRoot: false, programs: Built.folder, environment: [:]))
    configuration.state = "\(scratch.path)/state"
    configuration.socket = "\(scratch.path)/control.sock"
    configuration.sealKey = "\(scratch.path)/state/seal.key"
    configuration.plugins = [plugins]
    configuration.log.level = "debug"
    return try await DaemonHost(configuration: configuration, environment: [:]) { _ in
      { _, _ in .whole(HTTPResponse(status: 404)) }
    }
  }

  private func finished(_ backend: any ControlBackend, _ id: String) async throws -> ResourceView {
    for await event in try await backend.watch(id, since: 0) {
      print("EVENT", event.resource.state, event.resource.rungs.keys.sorted())
      if event.resting { return event.resource }
    }
    return try await backend.resource(id)
  }

  @Test(.timeLimit(.minutes(1)))
  func `a VM is validated, provisioned, polled and terminated through the plugin's worker`() async throws {
    let scratch = try Scratch()
    let cloud = try SimulatedCloud()
    let host = try await host(scratch, try scratch.plugins("libHetzner.so"))
    let backend = host.backend
    let (started, door) = AsyncStream<Void>.makeStream()
    let running = Task { try await host.run { door.finish() } }
    for await _ in started {}
    while try await backend.plugins().first?.state != "serving" { await Task.yield() }

    let account = try await backend.addAccount(
      NewAccount(
        name: "main", plugin: "hetzner", credential: Credential("secret"),
        endpoints: ["api": EndpointOverride(url: cloud.url)]))
    #expect(account.identity != nil)
    #expect(account.health.state == "healthy")
    _ = try await backend.addOffering(
      NewOffering(
        name: "small",
        placements: [PlacementView(account: "main", type: "cx22", location: "fsn1", image: "debian-12")],
        readiness: "cloud"))
    let check = try await backend.validateOffering("small")
    #expect(check.holds, "\(check)")
    let accepted = try await backend.provision(
      ProvisionOrder(
        resource: NewResource(offering: "small"), idempotencyKey: "one", caller: "uid:0", canonicalBody: [1]))
    let active = try await finished(backend, accepted.resourceId)
    #expect(active.state == "active")
    #expect(active.externalId != nil)
    _ = try await backend.terminate(accepted.resourceId)
    let gone = try await finished(backend, accepted.resourceId)
    #expect(gone.state == "terminated")
    let lines = try await backend.timeline(accepted.resourceId)
    for line in lines { print(line.at, line.kind, line.text) }
    host.stop()
    try await running.value
  }
}
