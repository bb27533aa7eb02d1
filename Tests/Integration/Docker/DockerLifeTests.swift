import Control
import EngineFixture
import Foundation
import Testing

/// Containers on a real Docker engine: a real host, the plugin in a real worker, and the engine's own client as the
/// witness of what exists.
@Suite(.dockerEngine) struct DockerLifeTests {
  /// Runs a command on a container's machine over SSH, whose host key must be the pinned one.
  private func log(
    in key: String, _ ssh: SSHView, _ scene: DockerScene, _ command: String
  ) async throws -> String {
    let known = "\(scene.scratch.path)/known_hosts"
    try (try #require(ssh.knownHosts) + "\n").write(toFile: known, atomically: true, encoding: .utf8)
    return try await scene.engine.inside(
      scene.scratch, "/usr/bin/ssh",
      [
        "-i", key, "-o", "UserKnownHostsFile=\(known)", "-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes", "-p",
        "\(ssh.port)", "root@\(ssh.host)", command,
      ])
  }

  @Test(.timeLimit(.minutes(5)))
  func `a container lives its whole life, and the engine's own client sees what was sold`() async throws {
    let scene = try DockerScene()
    let host = try await scene.host()
    try await host.serves()
    // As an operator does it: no credential, and a socket that only he can name.
    let said = try await scene.scratch.run(
      Built.path("slipway"), "--socket", "\(scene.scratch.path)/control.sock", "account", "add", "local", "--plugin",
      "docker", "--no-credential", "--endpoint", "api=unix:\(scene.engine.socket)", "--set", "vcpu_hourly=0.01")
    #expect(said.contains("unix:\(scene.engine.socket)"), "\(said)")
    try await scene.offer(host, "small", config: .object(["pids_limit": .integer(77)]))
    let check = await host.ask("POST", "/v1/offerings/small/validate", as: ValidationView.self)
    let placement = try #require(try check?.get().placements.first)
    #expect(placement.holds && placement.vcpu == 1 && placement.memoryMb == 256 && placement.price?.hourly == "0.01")

    let key = try await scene.scratch.sshKey()
    let active = try await scene.made(host, keys: [key.publicKey])
    if active.state != "active" { Issue.record("\(await scene.story(host, active.id))") }
    let id = try #require(active.externalId)

    let seen = try #require(try await scene.engine.inspect(id))
    let limits = try #require(seen["HostConfig"] as? [String: Any])
    #expect(limits["NanoCpus"] as? Int == 1_000_000_000)
    #expect(limits["Memory"] as? Int == 256 << 20)
    #expect(limits["MemorySwap"] as? Int == 256 << 20)
    #expect(limits["PidsLimit"] as? Int == 77)
    #expect(limits["Privileged"] as? Bool == false)
    #expect(
      limits["PortBindings"] as? [String: [[String: String]]] == ["22/tcp": [["HostIp": "127.0.0.1", "HostPort": ""]]])
    let config = try #require(seen["Config"] as? [String: Any])
    #expect((config["Env"] as? [String] ?? []).allSatisfy { $0.hasPrefix("PATH=") })
    let labels = try #require(config["Labels"] as? [String: String])
    #expect(labels["slipway-resource"] == active.id && labels["slipway-attempt"] != nil)
    let text = String(decoding: try JSONSerialization.data(withJSONObject: seen), as: UTF8.self)
    #expect(!text.contains("PRIVATE KEY") && !text.contains(key.publicKey.split(separator: " ")[1]))
    let volume = try #require((seen["Mounts"] as? [[String: Any]])?.first?["Name"] as? String)
    #expect(try await scene.engine.docker("volume", "ls", "--quiet").contains(volume))

    let ssh = try #require(active.ssh)
    #expect(try await scene.engine.docker("port", id, "22/tcp") == "\(ssh.host):\(ssh.port)")
    let inside = try await log(in: key.file, ssh, scene, "echo hello; ls /etc/ssh; cat /root/.ssh/authorized_keys")
    #expect(inside.contains("hello"))
    #expect(inside.contains("ssh_host_ed25519_key") && !inside.contains("ssh_host_rsa_key"), "\(inside)")

    #expect(try await scene.ended(host, active.id).state == "terminated")
    #expect(try await scene.engine.inspect(id) == nil)
    let volumes = try await scene.engine.docker("volume", "ls", "--quiet")
    #expect(!volumes.contains(volume), "an anonymous volume is left")
    await host.end()
  }

  @Test(.timeLimit(.minutes(5)))
  func `a container is stopped, started and rebooted, and its new port is told`() async throws {
    let scene = try DockerScene(configuration: "{polling: {old_s: 5, young_s: 1}}")
    let host = try await scene.host()
    try await scene.setUp(host)
    let key = try await scene.scratch.sshKey()
    let active = try await scene.made(host, keys: [key.publicKey])
    let id = try #require(active.externalId)
    func power(_ action: String, _ state: String) async throws -> ResourceView? {
      _ = try #require(
        await host.ask("POST", "/v1/resources/\(active.id)/power", ["action": action], as: AcceptedView.self)
      ).get()
      return await host.follow(active.id) { $0.state == state && $0.operation?.state != "running" }
    }
    #expect(try await power("stop", "stopped")?.state == "stopped")
    #expect(try await scene.engine.docker("inspect", "--format", "{{.State.Status}}", id) == "exited")
    let again = try await power("start", "active")
    let port = try await scene.engine.docker("port", id, "22/tcp").split(separator: ":").last.flatMap { Int($0) }
    // The look after the start reads the port that the engine chose this time.
    let told = await host.follow(active.id) { $0.ssh?.port == port }
    #expect(again?.state == "active" && told?.ssh?.port == port)
    let inside = try await log(in: key.file, try #require(told?.ssh), scene, "echo again")
    #expect(inside.contains("again"), "\(inside)")
    #expect(try await power("reboot", "active")?.state == "active")
    #expect(try await scene.ended(host, active.id).state == "terminated")
    await host.end()
  }

  @Test(.timeLimit(.minutes(5)))
  func `a container that somebody removed is lost, and one that ended is stopped`() async throws {
    let scene = try DockerScene(configuration: "{polling: {old_s: 5, young_s: 1}}")
    let host = try await scene.host()
    try await scene.setUp(host, config: .object(["restart": .string("no")]))
    let first = try await scene.made(host, "first")
    let second = try await scene.made(host, "second")
    _ = try await scene.engine.docker("rm", "--force", "--volumes", try #require(first.externalId))
    #expect(await host.follow(first.id) { $0.state == "lost" }?.state == "lost")
    _ = try await scene.engine.docker("stop", try #require(second.externalId))
    _ = try await scene.ended(host, second.id)
    #expect(try await scene.engine.inspect(try #require(second.externalId)) == nil)
    await host.end()
  }

  @Test(.timeLimit(.minutes(5)))
  func `an image that cannot serve fails with the engine's own words, and leaves nothing`() async throws {
    let scene = try DockerScene(configuration: "{polling: {young_s: 1, old_s: 5}}")
    let engine = scene.engine
    // No SSH server at all; and one that eats more memory than was sold.
    let tag = UUID().uuidString.prefix(8).lowercased()
    _ = try await engine.docker("create", "--name", "bare-\(tag)", Engine.image, "/bin/true")
    let program = "\(scene.scratch.path)/sshd"
    try "#!/bin/bash\na=x; while :; do a=$a$a; done\n".write(toFile: program, atomically: true, encoding: .utf8)
    #expect(chmod(program, 0o755) == 0)
    _ = try await engine.docker("cp", program, "bare-\(tag):/usr/sbin/sshd")
    _ = try await engine.docker("commit", "bare-\(tag)", "hungry:\(tag)")
    _ = try await engine.docker("rm", "--volumes", "bare-\(tag)")
    let empty = try await scene.scratch.run(
      "/bin/sh", "-c",
      "tar -C '\(scene.scratch.path)' -c sshd | docker -H 'unix://\(engine.socket)' import - bare:\(tag)")
    #expect(empty.contains("sha256:"), "\(empty)")

    let host = try await scene.host()
    try await scene.setUp(host)
    try await scene.offer(host, "bare", image: "bare:\(tag)")
    try await scene.offer(
      host, "hungry", image: "hungry:\(tag)", type: "c1-m64", config: .object(["restart": .string("no")]))
    for (offering, words) in [("bare", "/usr/sbin/sshd"), ("hungry", "out of memory")] {
      let order = await host.ask(
        "POST", "/v1/resources", NewResource(offering: offering), key: offering, as: AcceptedView.self)
      let accepted = try #require(order).get()
      let failed = try #require(await host.rest(accepted.resourceId))
      #expect(failed.state == "failed")
      let why = failed.failure?.message ?? ""
      if !why.contains(words) { Issue.record("\(why)\n\(await scene.story(host, accepted.resourceId))") }
      #expect(
        try await engine.docker("ps", "--all", "--quiet", "--filter", "label=slipway-resource=\(failed.id)") == "")
    }
    await host.end()
  }

  @Test(.timeLimit(.minutes(5)))
  func `an image is pulled from a registry, one tag of it, and what no registry has is refused`() async throws {
    let scene = try DockerScene()
    let registry = try await Registry(scene)
    let name = "127.0.0.1:\(registry.port)/team/app"
    for tag in ["1", "2"] {
      _ = try await scene.engine.docker("tag", Engine.image, "\(name):\(tag)")
      let pushed = try await scene.engine.docker("push", "\(name):\(tag)")
      #expect(pushed.contains("digest: sha256:"), "\(pushed)")
      _ = try await scene.engine.docker("rmi", "\(name):\(tag)")
    }
    let host = try await scene.host()
    try await scene.setUp(host, image: "\(name):1", readiness: "cloud")
    try await scene.offer(host, "none", image: "\(name):3")
    let active = try await scene.made(host)
    if active.state != "active" { Issue.record("\(await scene.story(host, active.id))") }
    let tags = try await scene.engine.docker("image", "ls", "--format", "{{.Tag}}", name)
    #expect(tags == "1")
    let check = await host.ask("POST", "/v1/offerings/none/validate", as: ValidationView.self)
    let refused = try #require(try check?.get().placements.first)
    #expect(!refused.holds && refused.failure?.code == .invalidSpec, "\(refused)")
    _ = try await scene.ended(host, active.id)
    await host.end()
    await registry.end()
  }

  @Test(.timeLimit(.minutes(5)))
  func `an account whose engine does not answer, or is no engine, is refused with the reason`() async throws {
    let scene = try DockerScene()
    let host = try await scene.host()
    try await host.serves()
    for (socket, words) in [
      ("\(scene.scratch.path)/nothing.sock", "No such file or directory"),
      ("\(scene.scratch.path)/control.sock", "Docker"),
    ] {
      let answer = await host.ask("POST", "/v1/accounts", scene.account(socket: socket), as: AccountView.self)
      guard case .failure(let failure)? = answer else {
        Issue.record("\(socket) was taken for an engine")
        continue
      }
      #expect(failure.message.contains(words) && failure.remedy != nil, "\(failure)")
      #expect(failure.message.split(separator: "not sent").count <= 2, "said twice: \(failure.message)")
      #expect(!failure.message.contains("port 80"), "\(failure)")
    }
    let bare = NewAccount(name: "bare", plugin: "docker", credential: nil)
    guard case .failure(let failure)? = await host.ask("POST", "/v1/accounts", bare, as: AccountView.self) else {
      Issue.record("an account without an address was added")
      return
    }
    #expect(failure.remedy?.contains("unix:") == true, "\(failure)")
    await host.end()
  }
}
