import Control
import EngineFixture
import Foundation
import Glibc
import HTTP
import System
import Testing

/// The disk that holds the state folder is full, and later has room again.
@Suite(.enabled(if: geteuid() == 0, "the state folder has to be a small file system of its own: needs root"))
struct FullDiskTests {
  /// A host whose state folder is a file system of its own, in a mount namespace that ends with the host.
  private func host(_ scratch: Scratch) async throws -> ServedHost {
    let mount = #"mkdir -p "$0" && mount -t tmpfs -o size=48m,mode=0700 slipway-test "$0" && exec "$@""#
    return try await ServedHost(
      scratch,
      through: [
        "/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", mount, "\(scratch.path)/state",
      ])
  }

  /// Takes every byte that is left.
  private func fill(_ ballast: String) throws {
    let file = open(ballast, O_WRONLY | O_CREAT, 0o600)
    guard file >= 0 else { throw ScratchError("\(ballast) cannot be made: \(String(cString: strerror(errno)))") }
    defer { close(file) }
    let block = [UInt8](repeating: 7, count: 1 << 16)
    for size in [1 << 16, 512, 1] { while write(file, block, size) > 0 {} }
    #expect(errno == ENOSPC)
  }

  /// Requests that would make a machine, as the cloud has seen them.
  private func creates(_ cloud: SimulatedCloud) async throws -> Int {
    let log = try await cloud.admin("requests?limit=10000")["log"] as? [[String: Any]] ?? []
    return log.count { $0["method"] as? String == "POST" && $0["path"] as? String == "/v1/servers" }
  }

  @Test(.timeLimit(.minutes(5)))
  func `a full disk turns orders away, says so, ends what stands, and takes orders again once there is room`()
    async throws
  {
    let scratch = try Scratch()
    _ = try scratch.plugins("libHetzner.so")
    let cloud = try await SimulatedCloud()
    let host = try await host(scratch)
    try await host.setUp(cloud)
    let first = try #require(try await host.order("first")?.get())
    let active = await host.rest(first.resourceId)
    #expect(active?.state == "active")
    func slipway(_ words: String...) async throws -> (text: String, status: System.ExitStatus?) {
      let child = try Child(Built.path("slipway"), words + ["--socket", "\(scratch.path)/control.sock"])
      return (await child.printed(until: "\u{0}"), await child.ended())
    }
    #expect(try await slipway("health").status == .exited(0))

    let ballast = "/proc/\(host.pid)/root\(scratch.path)/state/ballast"
    try fill(ballast)
    let answer = try #require(
      await host.send("POST", "/v1/resources", NewResource(offering: "small"), key: "turned-away"))
    #expect(answer.status == 507, "\(String(decoding: answer.body, as: UTF8.self))")
    let failure = try ControlCoding.decode(ErrorEnvelope.self, from: answer.body).error
    #expect(failure.code == .storageFull)
    #expect(failure.message.contains("\(scratch.path)/state"), "which folder? \(failure)")
    #expect(failure.message.contains(/[0-9]+ KiB are free, [0-9]+ KiB are needed/), "how much? \(failure)")
    #expect(failure.remedy?.contains("make room on the disk") == true, "\(failure)")

    let said = try await slipway("provision", "small", "--no-wait")
    #expect(said.status == .exited(10), "\(said)")
    #expect(said.text.contains("\(scratch.path)/state") && said.text.contains("make room on the disk"), "\(said)")
    let health = try await slipway("health")
    #expect(health.status == .exited(13), "\(health)")
    #expect(health.text.contains("the disk that holds \(scratch.path)/state is full"), "\(health)")

    // What exists goes on, by the room that was set aside.
    _ = try #require(await host.ask("DELETE", "/v1/resources/\(first.resourceId)", as: AcceptedView.self)).get()
    let ended = await host.rest(first.resourceId)
    #expect(ended?.state == "terminated")
    try await cloud.closes(active?.externalId, ended)
    #expect(try await creates(cloud) == 1)

    #expect(unlink(ballast) == 0)
    let second = try #require(try await host.order("turned-away")?.get())
    #expect(!second.replayed, "it was turned away, and yet it is known")
    #expect(await host.rest(second.resourceId)?.state == "active")
    #expect(try await slipway("health").status == .exited(0))
    let bill = try await cloud.bill()
    #expect(bill.made == 2 && bill.open.count == 1)
    #expect(try await creates(cloud) == 2)
    #expect(await host.end() == .exited(0))
  }
}
