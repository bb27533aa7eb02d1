import CloudTable
import Control
import EngineFixture
import Foundation
import System
import Testing

/// What an offering or a trial says of a machine beside its recipe, on VMs with a real sshd.
@Suite(.enabled(if: getuid() == 0, "VMs are namespaces with a real sshd: needs root"))
struct RecipePolicyTests {
  @Test(.timeLimit(.minutes(5)))
  func `a forked recipe runs, and where the offering says so only the tenant's key stays on the machine`()
    async throws
  {
    let stage = try await RecipeStage()
    try await stage.offer("app", "#!/bin/sh\ncat /root/.ssh/authorized_keys\n", "--remove-access")
    let forked = try await stage.slipway("recipe", "fork", "app@1", "mine")
    #expect(forked.contains("mine"), "\(forked)")
    let diff = try await stage.slipway("recipe", "diff", "app@1", "mine@1")
    #expect(!diff.contains("\n+") && !diff.contains("\n-"), "\(diff)")
    #expect(try await stage.slipway("recipe", "list").contains("mine"))
    let key = try await stage.scratch.sshKey()
    let id = try await stage.order("app", "--ssh-key", "\(key.file).pub")
    let active = try #require(await stage.host.rest(id))
    #expect(active.state == "active")
    // While the recipe ran there was ours, too.
    let before = try await stage.slipway("resource", "logs", id, "--stdout")
    #expect(before.components(separatedBy: "ssh-ed25519 ").count > 2, "\(before)")
    let ssh = try #require(active.ssh)
    let known = "\(stage.scratch.path)/known_hosts"
    try (try #require(ssh.knownHosts) + "\n").write(toFile: known, atomically: true, encoding: .utf8)
    let keys = try await stage.scratch.run(
      "/usr/bin/ssh", "-i", key.file, "-o", "UserKnownHostsFile=\(known)", "-o", "StrictHostKeyChecking=yes",
      "-o", "BatchMode=yes", "-p", "\(ssh.port)", "root@\(ssh.host)", "grep . /root/.ssh/authorized_keys")
    #expect(keys.split(separator: "\n").filter { $0.hasPrefix("ssh-") }.count == 1, "\(keys)")
    #expect(keys.contains(key.publicKey.split(separator: " ")[1]))
    _ = try await stage.slipway("terminate", id)
    #expect(await stage.host.rest(id)?.state == "terminated")
    await stage.host.end()
  }

  @Test(.timeLimit(.minutes(5)))
  func `where the offering says so a recipe that failed runs anew at the next placement, and one machine is left`()
    async throws
  {
    let stage = try await RecipeStage()
    let place = stage.cloud.provider.placement
    try await stage.offer(
      "app", "#!/bin/sh\necho \"at $SLIPWAY_LOCATION\" >&2\n[ \"$SLIPWAY_LOCATION\" != \(place.location) ]\n",
      "--on-failure", "next", "--placement", "\(place.account)/\(place.type)/nbg1")
    let id = try await stage.order("app")
    let active = try #require(await stage.host.rest(id))
    let story = try await stage.slipway("explain", id)
    #expect(active.state == "active", "\(story)")
    #expect(active.runs.map(\.exitCode) == [1, 0], "\(active.runs)")
    let bill = try await stage.cloud.bill()
    #expect(bill.made == 2 && bill.open == [active.externalId ?? ""])
    _ = try await stage.slipway("terminate", id)
    #expect(await stage.host.rest(id)?.state == "terminated")
    await stage.host.end()
  }

  @Test(.timeLimit(.minutes(5)))
  func `a trial's machine ends by itself when command and host have died`() async throws {
    let stage = try await RecipeStage()
    try await stage.offer("app", "#!/bin/sh\necho begun\nexec sleep 600\n")
    let command = try Child(
      Built.path("slipway"),
      [
        "recipe", "try", "app", "--offering", "small", "--expires-in", "60s", "--socket",
        "\(stage.scratch.path)/control.sock",
      ])
    let said = await command.printed(until: "\n")
    let id = try #require(said.split(separator: "\n").first?.split(separator: " ").last.map(String.init), "\(said)")
    #expect(await stage.host.follow(id) { $0.state == "configuring" } != nil)
    command.signal(SIGKILL)
    await command.ended()
    stage.host.kill()
    await stage.host.died()
    #expect(try await stage.cloud.bill().open.count == 1)
    let again = try await ServedHost(stage.scratch)
    let ended = await again.rest(id)
    #expect(ended?.state == "terminated" || ended?.state == "failed", "\(ended as Any)")
    #expect(try await stage.cloud.bill().open.isEmpty)
    await again.end()
  }
}
