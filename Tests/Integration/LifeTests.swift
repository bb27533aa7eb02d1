import CloudTable
import Control
import Daemon
import EngineFixture
import Foundation
import HTTP
import Testing

@Suite(.dockerEngine) struct LifeTests {
  /// A host in this process, with the real plugin in a real worker.
  private func host(_ scratch: Scratch, _ plugins: String) async throws -> DaemonHost {
    var configuration = Configuration(host: HostFacts(isRoot: false, programs: Built.folder, environment: [:]))
    configuration.state = "\(scratch.path)/state"
    configuration.socket = "\(scratch.path)/control.sock"
    configuration.sealKey = "\(scratch.path)/state/seal.key"
    configuration.plugins = [plugins]
    configuration.log.level = "error"
    return try await DaemonHost(configuration: configuration, environment: [:]) { _ in
      { _, _ in .whole(HTTPResponse(status: 404)) }
    }
  }

  private func finished(_ backend: any ControlBackend, _ id: String) async throws -> ResourceView {
    for await event in try await backend.watch(id, since: 0, staying: false) {
      if event.resting { return event.resource }
    }
    return try await backend.resource(id)
  }

  /// Runs a host while the body works with it.
  private func serving(
    _ scratch: Scratch, _ library: String, _ body: (any ControlBackend) async throws -> Void
  ) async throws {
    let host = try await host(scratch, try scratch.plugins(library))
    let (started, door) = AsyncStream<Void>.makeStream()
    let running = Task { try await host.run { door.finish() } }
    for await _ in started {}
    do {
      try await body(host.backend)
    } catch {
      host.stop()
      _ = await running.result
      throw error
    }
    host.stop()
    try await running.value
  }

  private func offer(_ backend: any ControlBackend, _ cloud: any MetCloud, readiness: String) async throws {
    #expect(try await backend.plugins(settled: true).first?.state == "serving")
    let account = try await backend.addAccount(cloud.account)
    #expect(account.identity != nil)
    #expect(account.health.state == "healthy")
    _ = try await backend.addOffering(
      NewOffering(name: "small", placements: [cloud.placement], readiness: readiness))
    #expect(try await backend.validateOffering("small").holds)
  }

  @Test(.timeLimit(.minutes(5)), arguments: TestedCloud.all)
  func `a VM is validated, provisioned, polled and terminated through the plugin's worker`(met: TestedCloud)
    async throws
  {
    let scratch = try Scratch()
    let cloud = try await met.make(scratch)
    try await serving(scratch, met.library) { backend in
      try await offer(backend, cloud, readiness: "cloud")
      let accepted = try await backend.provision(
        ProvisionOrder(
          resource: NewResource(offering: "small"), idempotencyKey: "one", caller: "uid:0", canonicalBody: [1]))
      let active = try await finished(backend, accepted.resourceId)
      #expect(active.state == "active")
      #expect(active.externalId != nil)
      #expect(active.price?.currency.count == 3)
      _ = try await backend.terminate(accepted.resourceId)
      #expect(try await finished(backend, accepted.resourceId).state == "terminated")
      let kinds = try await backend.timeline(accepted.resourceId).map(\.kind)
      for kind in ["intent", "request", "id", "answer", "observation", "outcome"] { #expect(kinds.contains(kind)) }
    }
  }

  @Test(
    .timeLimit(.minutes(5)), .enabled(if: SimulatedVMs.obstacle == nil, "\(SimulatedVMs.obstacle ?? "")"),
    arguments: SimulatedProvider.all)
  func `a VM is reached over SSH with a verified host key, which it then changes for one that only it knows`(
    provider: SimulatedProvider
  ) async throws {
    let scratch = try Scratch()
    let cloud = try await SimulatedCloud(provider, ["--fast", "--vms", "\(scratch.path)/vms"])
    let key = try await scratch.sshKey()
    try await serving(scratch, provider.library) { backend in
      try await offer(backend, cloud, readiness: "ssh")
      let accepted = try await backend.provision(
        ProvisionOrder(
          resource: NewResource(offering: "small", sshKeys: [key.publicKey]), idempotencyKey: "one", caller: "uid:0",
          canonicalBody: [1]))
      let active = try await finished(backend, accepted.resourceId)
      let story = try await backend.timeline(accepted.resourceId).map(\.text)
      #expect(active.state == "active", "\(story)")
      let said = try await scratch.login(
        #require(active.ssh), key: key.file, "echo hello; ls /etc/ssh /var/lib/cloud/instance")
      #expect(said.contains("hello"))
      #expect(!said.contains("user-data.txt"), "the cached user data holds the bootstrap key")
      _ = try await backend.terminate(accepted.resourceId)
      #expect(try await finished(backend, accepted.resourceId).state == "terminated")
    }
  }
}
