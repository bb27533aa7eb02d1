import CloudTable
import Control
import EngineFixture
import Foundation
import Testing

/// Kills the host at every passage of a life that goes on over SSH: reach, host key, handover.
@Suite(.enabled(if: SimulatedVMs.obstacle == nil, "\(SimulatedVMs.obstacle ?? "")"))
struct CrashReachTests {
  @Test(.timeLimit(.minutes(15)))
  func `a host killed at any crash point hands over one VM, whose host key nobody else has, and none after its end`()
    async throws
  {
    try await CrashStory.reached.tell()
  }
}

extension CrashStory {
  fileprivate static let reached = CrashStory(
    name: "hetzner over SSH",
    scene: {
      let scratch = try Scratch()
      _ = try scratch.plugins("libHetzner.so")
      let cloud = try await SimulatedCloud(.hetzner, ["--fast", "--vms", "\(scratch.path)/vms"])
      let scene = CrashScene(scratch, [cloud])
      let key = try await scratch.sshKey()
      scene.note(key.publicKey, as: "key")
      scene.note(key.file, as: "key file")
      let host = try await scene.host([:])
      try await host.setUp(cloud, readiness: "ssh")
      await host.end()
      return scene
    },
    acts: [
      .provision { scene, at in
        try await one(scene, at)
        let view = try #require(scene.resource)
        for rung in ["ssh_reachable", "host_key_verified"] { #expect(view.rungs[rung] != nil, "no \(rung); \(at)") }
        // The key of before the handover was in the user data, which the cloud keeps; this one was made on the VM.
        let said = try await scene.scratch.login(
          #require(view.ssh, at), key: try #require(scene.noted("key file")),
          "echo hello; cat /etc/ssh/ssh_host_ed25519_key.pub; ls -A /var/lib/cloud/instance; ls -d /var/lib/slipway")
        #expect(said.contains("hello"), "\(said); \(at)")
        #expect(said.contains(try #require(view.ssh?.hostKey)), "another host key: \(said); \(at)")
        #expect(!said.contains("user-data.txt"), "the cached user data is left: \(said); \(at)")
      }, .terminate(check: none),
    ])
}
