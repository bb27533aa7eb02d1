import Control
import EngineFixture
import Foundation
import Model
import System
import Testing

/// Recipes on VMs with a real sshd, through the real command and a real host.
@Suite(.enabled(if: SimulatedVMs.obstacle == nil, "\(SimulatedVMs.obstacle ?? "")"))
struct RecipeLifeTests {
  /// The root folder of the VM on which a run's script lives.
  private static func root(of run: String) -> String? {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return all.filter { Int32($0) != nil }.first { pid in
      let words = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
      return words.range(of: Data("/runs/\(run)/body".utf8)) != nil
    }.map { "/proc/\($0)/root" }
  }

  @Test(.timeLimit(.minutes(5)))
  func `a recipe finds its inputs and facts, what it writes is shown without secrets, and nothing of it stays`()
    async throws
  {
    let stage = try await RecipeStage()
    try await stage.offer(
      "web",
      """
      #!/bin/sh
      # slipway-input: PORT integer default=80
      # slipway-input: PASSWORD string secret required
      set -eu
      echo "port $PORT on $SLIPWAY_RESOURCE_ID"
      echo "the password is $PASSWORD" >&2
      ls -d /var/lib/slipway/runs/* >&2

      """)
    let secret = "\(stage.scratch.path)/secret"
    try "hunter2-hunter2\n".write(toFile: secret, atomically: true, encoding: .utf8)
    let key = try await stage.scratch.sshKey()
    let id = try await stage.order("web", "--input-file", "PASSWORD=\(secret)", "--ssh-key", "\(key.file).pub")
    let active = try #require(await stage.host.rest(id))
    let story = try await stage.slipway("explain", id)
    #expect(active.state == "active", "\(story)")
    let done = try #require(active.rungs["recipe_done"])
    #expect(try #require(active.rungs["cloud_init_done"]) <= done)
    #expect(active.runs.map(\.state) == ["exited"] && active.runs.first?.exitCode == 0)
    #expect(try await stage.slipway("resource", "logs", id, "--stdout").hasPrefix("port 80 on \(id)\n"))
    let errors = try await stage.slipway("resource", "logs", id, "--stderr")
    #expect(errors.hasPrefix("the password is [redacted]\n/var/lib/slipway/runs/"), "\(errors)")
    // Nothing of ours is left but the key, and the host knows the secret only under seal.
    let ssh = try #require(active.ssh)
    let known = "\(stage.scratch.path)/known_hosts"
    try (try #require(ssh.knownHosts) + "\n").write(toFile: known, atomically: true, encoding: .utf8)
    let said = try await stage.scratch.run(
      "/usr/bin/ssh", "-i", key.file, "-o", "UserKnownHostsFile=\(known)", "-o", "StrictHostKeyChecking=yes",
      "-o", "BatchMode=yes", "-p", "\(ssh.port)", "root@\(ssh.host)", "ls -d /var/lib/slipway/runs || echo nothing")
    #expect(said.contains("nothing"), "\(said)")
    _ = try await stage.slipway("terminate", id)
    #expect(await stage.host.rest(id)?.state == "terminated")
    await stage.host.end()
    for name in try FileManager.default.subpathsOfDirectory(atPath: "\(stage.scratch.path)/state") {
      let bytes = FileManager.default.contents(atPath: "\(stage.scratch.path)/state/\(name)") ?? Data()
      #expect(bytes.range(of: Data("hunter2".utf8)) == nil, "\(name)")
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `a host that is killed while a recipe runs goes on with that run, which happens once`() async throws {
    let stage = try await RecipeStage()
    try await stage.offer(
      "slow",
      """
      #!/bin/sh
      echo begun | tee -a /tmp/count
      while ! [ -e /tmp/gate ]; do sleep 0.1; done
      echo ended

      """)
    let id = try await stage.order("slow")
    let configuring = await stage.host.follow(id) { $0.state == "configuring" }
    let run = try #require(configuring?.runs.first?.id)
    // Its first words show that it runs, and that they are kept.
    let follower = try Child(
      Built.path("slipway"),
      ["resource", "logs", id, "--follow", "--stdout", "--socket", "\(stage.scratch.path)/control.sock"])
    #expect(await follower.printed(until: "begun").contains("begun"))
    stage.host.kill()
    await stage.host.died()
    let again = try await ServedHost(stage.scratch)
    #expect(await again.follow(id) { $0.state == "configuring" } != nil)
    // The script's own view of its files: a simulated VM has a /tmp of its own.
    let root = try #require(Self.root(of: run))
    #expect(try String(contentsOfFile: "\(root)/tmp/count", encoding: .utf8) == "begun\n")
    try "".write(toFile: "\(root)/tmp/gate", atomically: false, encoding: .utf8)
    let active = await again.rest(id)
    #expect(active?.state == "active", "\(active as Any)")
    #expect(active?.runs.map(\.id) == [run])
    #expect(try await stage.slipway("resource", "logs", id, "--stdout").hasPrefix("begun\nended\n"))
    _ = try await stage.slipway("terminate", id)
    #expect(await again.rest(id)?.state == "terminated")
    await again.end()
  }

  @Test(.timeLimit(.minutes(5)))
  func `a recipe that fails ends its VM, or keeps it for a look, as the offering says`() async throws {
    let stage = try await RecipeStage()
    try await stage.offer("bad", "#!/bin/sh\necho trouble >&2\nexit 7\n")
    let text = try await stage.slipway("provision", "bad")
    #expect(text.contains("running recipe bad@1"), "\(text)")
    #expect(text.contains("stderr: trouble"), "\(text)")
    var list = try await stage.slipway("resource", "list", "--all", "--json")
    #expect(list.contains("RECIPE_FAILED") && list.contains("exited with 7"), "\(list)")
    let failed = try #require(list.range(of: #""id" : ""#).map { String(list[$0.upperBound...].prefix(26)) })
    #expect(await stage.host.rest(failed)?.state == "failed")
    let errors = try await stage.slipway("resource", "logs", failed, "--stderr")
    #expect(errors.hasPrefix("trouble\n") && errors.contains("recipe bad@1 exited with 7"), "\(errors)")
    #expect(try await stage.cloud.bill().open.isEmpty)

    try await stage.offer("held", "#!/bin/sh\nexit 1\n", "--on-failure", "keep", "--keep-for", "1h")
    let id = try await stage.order("held")
    let held = await stage.host.follow(id) { $0.heldUntil != nil }
    #expect(held?.state == "compensating" && held?.operation?.state == "failed")
    #expect(try await stage.cloud.bill().open.count == 1)
    _ = try await stage.slipway("terminate", id)
    #expect(await stage.host.rest(id)?.state == "terminated")
    #expect(try await stage.cloud.bill().open.isEmpty)
    list = try await stage.slipway("resource", "list")
    await stage.host.end()
  }

  @Test(.timeLimit(.minutes(5)))
  func `a recipe is cancelled, another version is run on an active VM, and one is tried`() async throws {
    let stage = try await RecipeStage()
    try await stage.offer("app", "#!/bin/sh\necho one\n")
    let id = try await stage.order("app")
    #expect(await stage.host.rest(id)?.state == "active")
    let file = "\(stage.scratch.path)/app.sh"
    try "#!/bin/sh\necho two\nexec sleep 600\n".write(toFile: file, atomically: true, encoding: .utf8)
    #expect(try await stage.slipway("recipe", "add", "app", file).contains("app@2"))
    _ = try await stage.slipway("resource", "upgrade", id, "--recipe-version", "2", "--no-wait")
    let running = await stage.host.follow(id) { $0.runs.count == 2 && $0.operation?.kind == "configure" }
    #expect(running?.state == "active")
    #expect(try await stage.slipway("resource", "cancel", id).contains("is being ended"))
    let cancelled = await stage.host.follow(id) { $0.operation?.state == "failed" }
    #expect(cancelled?.state == "active" && cancelled?.runs.last?.state == "cancelled", "\(cancelled as Any)")
    try "#!/bin/sh\necho three\n".write(toFile: file, atomically: true, encoding: .utf8)
    #expect(try await stage.slipway("recipe", "add", "app", file).contains("app@3"))
    _ = try await stage.slipway("resource", "upgrade", id, "--recipe-version", "3", "--no-wait")
    let upgraded = await stage.host.follow(id) {
      $0.operation?.kind == "configure" && $0.operation?.state == "succeeded"
    }
    #expect(upgraded?.runs.last?.recipe == "app@3")
    #expect(try await stage.slipway("resource", "logs", id, "--stdout").hasPrefix("three\n"))

    let tried = try await stage.slipway("recipe", "try", "app", "--offering", "small")
    #expect(tried.contains("three\n"), "\(tried)")
    #expect(try await stage.slipway("recipe", "try", "app@9", "--offering", "small").contains("has no version 9"))
    _ = try await stage.slipway("terminate", id)
    #expect(await stage.host.rest(id)?.state == "terminated")
    await stage.host.end()
  }
}
