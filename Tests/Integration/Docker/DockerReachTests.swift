import Control
import EngineFixture
import Foundation
import System
import Testing

/// Containers that cannot be reached for a while, or that start anew, while a recipe is to run on them.
@Suite(.dockerEngine) struct DockerReachTests {
  /// Waits for a line of the resource's story, which says that the fault was met.
  private func met(_ words: String, _ stage: DockerRecipeScene, _ host: ServedHost) async throws {
    let deadline = Date.now.addingTimeInterval(40)
    while !(await stage.scene.story(host, stage.id)).contains(words) {
      guard Date.now < deadline else { throw ScratchError("no \(words): \(await stage.scene.story(host, stage.id))") }
      try await Child.reactor.sleep(for: .milliseconds(100))
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `another host key, a refused key, no sshd, and one that hangs are waited out, and the script runs once`()
    async throws
  {
    let (stage, host) = try await DockerRecipeScene.started()
    let script = "#!/bin/sh\necho ran | tee -a /root/ran\n"
    func finished(_ count: Int) async throws {
      let run = try #require(await stage.decided(on: host))
      #expect(run.exitCode == 0, "\(run)")
      #expect(try await stage.inside("cat /root/ran | wc -l") == "\(count)")
    }

    // Another key answers: nothing is sent to it, and a finding says so.
    try await stage.inside(
      "cd /etc/ssh && cp -p ssh_host_ed25519_key /root/right && yes | ssh-keygen -q -t ed25519 -N '' -f ssh_host_ed25519_key && kill -HUP 1"
    )
    try await stage.begin(script, on: host)
    let found = await host.follow(stage.id) { $0.findings.contains { $0.kind == "host_key_mismatch" } }
    #expect(found != nil)
    #expect(try await stage.inside("ls /root/ran 2>&1").contains("No such file"))
    try await stage.inside("cp -p /root/right /etc/ssh/ssh_host_ed25519_key && kill -HUP 1")
    try await finished(1)

    try await stage.inside("mv /root/.ssh/authorized_keys /root/keys")
    try await stage.begin("\(script)# 2\n", on: host)
    try await met("login refused", stage, host)
    try await stage.inside("mv /root/keys /root/.ssh/authorized_keys")
    try await finished(2)

    // Nothing listens; and then something that greets and says no more.
    try await stage.inside("echo 'Port 2' >/etc/ssh/sshd_config.d/moved.conf && kill -HUP 1")
    try await stage.begin("\(script)# 3\n", on: host)
    _ = await host.follow(stage.id) { $0.operation?.kind == "configure" && $0.operation?.state == "running" }
    let hanging = try await stage.inside(
      """
      perl -MSocket -e '
        socket(S, PF_INET, SOCK_STREAM, 0); setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1);
        for (1..100) { last if bind(S, sockaddr_in(22, INADDR_ANY)); select(undef, undef, undef, 0.1); }
        listen(S, 9); accept(C, S) or die; syswrite(C, "SSH-2.0-Strange\\r\\n");
        sysread(C, my $greeting, 9); print $greeting; '
      """)
    #expect(hanging == "SSH-2.0-l", "\(hanging)")
    try await stage.inside("rm /etc/ssh/sshd_config.d/moved.conf && kill -HUP 1")
    try await finished(3)
    try await stage.end(host)
  }

  @Test(.timeLimit(.minutes(5)))
  func `slipway-ssh killed in mid-run is replaced, and a container that starts anew has interrupted its run`()
    async throws
  {
    let (stage, host) = try await DockerRecipeScene.started("{polling: {old_s: 5, young_s: 1}}")
    let body = "#!/bin/sh\necho one\nwhile [ ! -e /root/go ]; do sleep 0.1; done\necho two\n"
    try await stage.begin(body, on: host)
    let follower = try Child(
      Built.path("slipway"),
      ["resource", "logs", stage.id, "--follow", "--stdout", "--socket", "\(stage.scene.scratch.path)/control.sock"])
    #expect(await follower.printed(until: "one").contains("one"))
    let runners = try children(of: host.pid, named: "slipway-ssh")
    #expect(runners.count == 1)
    for pid in runners { #expect(kill(pid, SIGKILL) == 0) }
    try await stage.inside("touch /root/go")
    let run = try #require(await stage.decided(on: host))
    #expect(run.exitCode == 0)
    #expect(try await stage.log(of: run, "stdout", on: host) == Array("one\ntwo\n".utf8))

    // The script takes its machine down: the engine starts it again, at another port.
    let down = try await stage.run("#!/bin/sh\necho down\nsleep 1\nkill -TERM 1\nsleep 60\n", on: host)
    if down.run.state != "interrupted" { Issue.record("\(down.run) \(await stage.scene.story(host, stage.id))") }
    #expect(down.out == Array("down\n".utf8))
    try await stage.end(host)
  }

  private func children(of parent: Int32, named name: String) throws -> [Int32] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap(Int32.init).filter { pid in
      guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
        let end = stat.range(of: ") ", options: .backwards), stat.contains("(\(name))")
      else { return false }
      return stat[end.upperBound...].split(separator: " ").dropFirst().first.flatMap { Int32($0) } == parent
    }
  }
}
