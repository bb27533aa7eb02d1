import Control
import EngineFixture
import Foundation
import Testing

/// Scripts that do what scripts should not, on a real container, through the real host and command.
@Suite(.dockerEngine) struct DockerRecipeTests {
  /// Kills the sshd of every connection, not process 1.
  private let cutting = """
    for process in /proc/[0-9]*; do
      read -r name <$process/comm && [ "$name" = sshd ] && [ "$process" != /proc/1 ] || continue
      kill -KILL "${process#/proc/}"
    done

    """

  @Test(.timeLimit(.minutes(5)))
  func `whatever a script does on a container is told as it was, and nothing of it stays`() async throws {
    let (stage, host) = try await DockerRecipeScene.started()

    let code = try await stage.run("#!/bin/sh\necho trouble >&2\nexit 137\n", on: host)
    #expect(code.run.state == "exited" && code.run.exitCode == 137)
    #expect(code.err == Array("trouble\n".utf8))
    let failed = try #require(await host.ask("GET", "/v1/resources/\(stage.id)", as: ResourceView.self)).get()
    #expect(failed.operation?.failure?.stderrTail == "trouble", "\(failed.operation as Any)")
    #expect(try await stage.slipway("resource", "show", stage.id).contains("stderr: trouble"))

    let input = try await stage.run("#!/bin/sh\ncat\nread -r line || echo none\n", on: host)
    #expect(input.run.exitCode == 0 && input.out == Array("none\n".utf8))

    let binary = try await stage.run(#"printf 'a\000b\377\376\n'; printf '\200\000' >&2"#, on: host)
    #expect(binary.out == [97, 0, 98, 255, 254, 10] && binary.err == [128, 0])

    let quotes = "cat <<'EOF'\n_EOF_\n'; }\nmain </dev/null; exit\n$(reboot)\n%s\\000\nEOF\n"
    let here = try await stage.run("#!/bin/sh\n" + quotes, on: host)
    #expect(here.out == Array("_EOF_\n'; }\nmain </dev/null; exit\n$(reboot)\n%s\\000\n".utf8))

    let daemon = try await stage.run("setsid sleep 40 &\necho begun\n", on: host)
    #expect(daemon.run.exitCode == 0 && daemon.out == Array("begun\n".utf8))
    #expect((daemon.run.durationMs ?? .max) < 20_000)

    let late = try await stage.run("#!/bin/sh\n# slipway-timeout: 1s\necho begun\nsleep 60\n", on: host)
    #expect(late.run.state == "timed_out" && late.out == Array("begun\n".utf8))

    let missing = try await stage.run("#!/opt/none/python9\nprint(1)\n", on: host)
    #expect(missing.run.state == "not_started" && missing.run.outcome?.contains("/opt/none/python9") == true)

    let head = "#!/bin/sh\nwc -c <$0\nexit 0\n#"
    let full = try await stage.run(head + String(repeating: "x", count: 65_536 - head.utf8.count), on: host)
    #expect(full.run.exitCode == 0 && full.out == Array("65536\n".utf8))

    let flood = try await stage.run(
      "echo first\nhead -c 1000000000 /dev/zero\necho last\ndu -s .. >&2\n", on: host)
    #expect(flood.run.exitCode == 0, "\(flood.run)")
    #expect(flood.out.starts(with: Array("first\n\0".utf8)) && flood.out.suffix(6) == Array("\0last\n".utf8))
    #expect(flood.out.count < 20_000_000)
    let kilobytes = try #require(Int(String(decoding: flood.err, as: UTF8.self).prefix { $0 != "\t" }))
    #expect(kilobytes < 32_000)

    // Every connection of the container's sshd is killed; the next one goes on.
    let cut = try await stage.run("echo one\nsleep 0.5\n\(cutting)echo two\n", on: host)
    #expect(cut.run.exitCode == 0 && cut.out == Array("one\ntwo\n".utf8))

    #expect(try await stage.inside("ls -d /var/lib/slipway 2>&1").contains("No such file"))
    try await stage.end(host)
  }

  @Test(.timeLimit(.minutes(5)))
  func `a container's full disk is told, whether it is full before or while a script runs`() async throws {
    let (stage, host) = try await DockerRecipeScene.started()
    let mounted = try await stage.mount(
      "mkdir -p /var/lib/slipway && mount -t tmpfs -o size=16k small /var/lib/slipway 2>&1")
    #expect(mounted == "")
    let before = try await stage.run("echo ran\n", on: host)
    #expect(before.run.state == "not_started" && before.run.outcome?.contains("no room") == true, "\(before.run)")
    try await stage.mount("mount -o remount,size=1m /var/lib/slipway 2>&1")
    let during = try await stage.run("echo first\nhead -c 5000000 /dev/zero\nexit 6\n", on: host)
    #expect(during.run.state == "exited" && during.run.exitCode == 6)
    #expect(during.out.starts(with: Array("first\n".utf8)))
    let view = try #require(await host.ask("GET", "/v1/resources/\(stage.id)", as: ResourceView.self)).get()
    #expect(view.operation?.failure?.message.contains("the VM's disk was full") == true, "\(view.operation as Any)")
    try await stage.end(host)
  }

  @Test func `what cannot be a script is refused before any container hears of it`() async throws {
    let scene = try DockerScene()
    let host = try await scene.host()
    for (body, code) in [
      ("#!/bin/sh\r\necho one\r\n", "CR LF"), ("\u{FEFF}#!/bin/sh\necho one\n", "byte-order mark"),
      ("#!/bin/sh\n#" + String(repeating: "x", count: 65_536 - 10), "65536"), ("", "empty"),
    ] {
      let file = "\(scene.scratch.path)/bad.sh"
      try Data(body.utf8).write(to: URL(filePath: file))
      let said = try await scene.scratch.run(
        Built.path("slipway"), "recipe", "add", "bad", file, "--socket", "\(scene.scratch.path)/control.sock")
      #expect(said.contains(code), "\(said)")
    }
    let list = await host.ask("GET", "/v1/recipes", as: ListView<RecipeView>.self)
    #expect(try list?.get().items.isEmpty == true)
    await host.end()
  }
}
