import CLI
import Control
import ControlFixture
import Foundation
import HTTP
import Synchronization
import System
import Testing

/// Commands against a backend in memory, through a real server on a real socket.
@Suite struct SessionTests {
  /// A daemon's control socket and a screen.
  final class Stage: Sendable {
    let backend = FakeBackend()
    let reactor: Reactor
    let folder: URL
    let out = Mutex("")
    let err = Mutex("")
    let onOutput = Mutex<@Sendable (String) -> Void>({ _ in })
    private let server: HTTPServer

    init() throws {
      folder = FileManager.default.temporaryDirectory.appending(path: "slipway-cli-\(UUID().uuidString.prefix(8))")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      reactor = try Reactor(name: "stage")
      let api = ControlAPI(backend, owner: geteuid())
      server = try HTTPServer(.unix(path: folder.path + "/c.sock"), on: reactor) { await api.reply(to: $0, from: $1) }
    }

    func run(_ words: String..., interrupt: Interrupt = Interrupt()) async throws -> (exit: ExitCode, text: String) {
      try await run(words: words, interrupt: interrupt)
    }

    func run(words: [String], interrupt: Interrupt = Interrupt()) async throws -> (exit: ExitCode, text: String) {
      guard case .invocation(let line) = try ArgumentParser().parse(words) else { return (.usage, "") }
      let console = Console(
        out: { [self] text in
          out.withLock { $0 += text }
          onOutput.withLock { $0 }(text)
        }, err: { [self] text in err.withLock { $0 += text } })
      let session = Session(
        line: line, client: ControlClient(socket: folder.path + "/c.sock", on: reactor), console: console,
        reactor: reactor, interrupt: interrupt)
      let exit = try await session.carryOut()
      return (
        exit,
        out.withLock { text in
          defer { text = "" }
          return text
        }
      )
    }

    func end() async {
      await server.stop(grace: .zero)
      reactor.stop()
      try? FileManager.default.removeItem(at: folder)
    }
  }

  private func onStage(_ body: (Stage) async throws -> Void) async throws {
    let stage = try Stage()
    do { try await body(stage) } catch {
      await stage.end()
      throw error
    }
    await stage.end()
  }

  @Test func `watched plugins are a line for each change, until the daemon has ended`() async throws {
    try await onStage { stage in
      let failure = await #expect(throws: CommandFailure.self) { _ = try await stage.run("plugin", "watch") }
      #expect(failure?.exit == .noDaemon)
      let lines = stage.out.withLock { $0 }.split(separator: "\n").map {
        $0.split(separator: " ", maxSplits: 1).last ?? ""
      }
      #expect(
        lines == ["acme serving generation 1 version 1.2.0", "acme stopped generation 1 version 1.2.0", "acme is gone"])
      await #expect(throws: CommandFailure.self) { _ = try await stage.run("plugin", "watch", "--json") }
      let lists = try stage.out.withLock { $0 }.split(separator: "\n").suffix(3).map {
        try ControlCoding.decode(ListView<PluginView>.self, from: Array($0.utf8)).items.map(\.state)
      }
      #expect(lists == [["serving"], ["stopped"], []])
    }
  }

  @Test func `an account is added from a file, and what was approved is shown`() async throws {
    try await onStage { stage in
      let file = stage.folder.path + "/token"
      try Data("s3cret-token\n".utf8).write(to: URL(filePath: file))
      chmod(file, 0o644)
      let (exit, text) = try await stage.run(
        "account", "add", "prod", "--plugin", "acme", "--credential-file", file, "--endpoint",
        "api=http://127.0.0.1:9/v1")
      #expect(exit == .ok)
      #expect(text.contains("approved    api: http://127.0.0.1:9/v1 (credential as bearer)\n"))
      #expect(!text.contains("s3cret"))
      #expect(stage.err.withLock { $0 }.contains("chmod 600"))
      #expect(stage.backend.state.withLock { $0.credential?.exposed } == "s3cret-token")
    }
  }

  @Test func `a credential is rotated from a file, and one on the command line is refused`() async throws {
    try await onStage { stage in
      let file = stage.folder.path + "/token"
      try Data("first\n".utf8).write(to: URL(filePath: file))
      _ = try await stage.run("account", "add", "prod", "--plugin", "acme", "--credential-file", file)
      try Data("s3cond-token\n".utf8).write(to: URL(filePath: file))
      let (exit, text) = try await stage.run("account", "rotate", "prod", "--credential-file", file)
      #expect(exit == .ok && !text.contains("s3cond"))
      #expect(text.contains("identity    project-7\n"))
      #expect(stage.backend.state.withLock { $0.credential?.exposed } == "s3cond-token")
      await #expect(throws: UsageError.self) {
        try await stage.run("account", "rotate", "prod", "--token", "s3cond-token")
      }
    }
  }

  @Test func `a catalog is shown by price, with what was left out`() async throws {
    try await onStage { stage in
      let (exit, text) = try await stage.run("catalog", "prod", "types", "--where", "vcpu<=8,price<10")
      #expect(exit == .ok)
      #expect(
        text == """
          TYPE  LOCATION  VCPU  MEMORY  DISK   ARCH    STOCK  HOURLY     MONTHLY   UNTIL
          s1    north     1     2 GiB   20 GB  x86_64  yes    0.006 EUR  4.38 EUR
          s1    south     1     2 GiB   20 GB  x86_64  no     0.006 EUR  4.38 EUR  2027-01-31
          s2    north     2     4 GiB   40 GB  x86_64  yes    0.012 EUR  7.49 EUR

          1 left out: the cloud does not say price

          """)
      let calls = stage.backend.calls
      for words in [["catalog", "prod", "things"], ["catalog", "prod", "types", "--where", "ram>2"]] {
        do {
          _ = try await stage.run(words: words)
          Issue.record("it was taken")
        } catch let failure as CommandFailure {
          #expect(failure.exit == .usage && failure.failure.expected?.contains("location") == true)
        }
      }
      #expect(stage.backend.calls == calls, "a mistake reaches nobody")
      let (_, json) = try await stage.run("catalog", "prod", "images", "--json")
      #expect(try ControlCoding.decode(CatalogView.self, from: Array(json.utf8)).images?.count == 2)
    }
  }

  @Test func `provision ends with the address, the fingerprint and a command`() async throws {
    try await onStage { stage in
      stage.backend.state.withLock {
        $0.events =
          (1...7).map { Sample.event($0, state: "booting") }
          + [Sample.event(8, state: "active", operation: "succeeded", resting: true)]
      }
      let (exit, text) = try await stage.run("provision", "small")
      #expect(exit == .ok)
      #expect(text.hasPrefix("resource \(Sample.id)\n09:30:00.250   +0.000s  accepted  small\n"))
      #expect(text.contains("host key  SHA256:abc\nlog in    ssh -o 'KnownHostsCommand="))
      #expect(stage.backend.calls == ["provision small for uid:\(geteuid())", "watch \(Sample.id) since 0"])
    }
  }

  @Test func `a stream that breaks off is taken up again`() async throws {
    try await onStage { stage in
      stage.backend.state.withLock {
        $0.events = [Sample.event(8, state: "active", operation: "succeeded", resting: true)]
        $0.broken = [[Sample.event(2, state: "requested")], []]
      }
      let (exit, text) = try await stage.run("provision", "small")
      #expect(exit == .ok)
      #expect(text.contains("accepted") && text.contains("active"))
      #expect(stage.backend.calls.filter { $0.hasPrefix("watch") }.count == 3)
    }
  }

  @Test func `a provision that failed says why and ends with that code`() async throws {
    try await onStage { stage in
      var event = Sample.event(2, state: "failed", operation: "failed", resting: true)
      event.resource.operation?.failure = ControlFailure(.noCapacity, "s1 is out of stock in north")
      stage.backend.state.withLock { [event] in $0.events = [event] }
      do {
        _ = try await stage.run("provision", "small")
        Issue.record("it did not fail")
      } catch let failure as CommandFailure {
        #expect(failure.exit == .noRoom)
        #expect(failure.failure.message == "s1 is out of stock in north")
        #expect(failure.failure.remedy?.contains("slipway explain") == true)
      }
    }
  }

  @Test func `Ctrl-C stops watching, cancels nothing and says how to go on`() async throws {
    try await onStage { stage in
      stage.backend.state.withLock { $0.events = [Sample.event(2, state: "requested")] }
      let interrupt = Interrupt()
      stage.onOutput.withLock { $0 = { if $0.contains("validated") { _ = interrupt.fire() } } }
      let (exit, _) = try await stage.run("provision", "small", interrupt: interrupt)
      #expect(exit == .detached)
      let notes = stage.err.withLock { $0 }
      #expect(notes.contains("slipway resource watch \(Sample.id)"))
      #expect(notes.contains("slipway terminate \(Sample.id)"))
      #expect(!stage.backend.calls.contains { $0.hasPrefix("terminate") })
    }
  }

  @Test func `what has ended is not ended again: how it ended is said in a line, and its life is not told again`()
    async throws
  {
    try await onStage { stage in
      var view = Sample.resource(3, state: "failed", operation: "failed")
      view.rungs["ended"] = Sample.at(5_000)
      view.failure = ControlFailure(.noCapacity, "s1 is out of stock in north")
      for (state, words) in [
        ("failed", ": NO_CAPACITY: s1 is out of stock in north\n"), ("terminated", ""), ("lost", ""),
      ] {
        view.state = state
        if state != "failed" { view.failure = nil }
        let shown = view
        stage.backend.state.withLock { $0.resources[Sample.id] = shown }
        for option in [[], ["--no-wait"]] {
          let (exit, text) = try await stage.run(words: ["terminate", Sample.id] + option)
          #expect(exit == .ok)
          #expect(
            text.hasPrefix("resource \(Sample.id) has ended already: \(state) ") && text.contains("ago"), "\(text)")
          #expect(text.hasSuffix(words) && text.split(separator: "\n").count == 1, "\(text)")
        }
        let (_, json) = try await stage.run("terminate", Sample.id, "--json")
        #expect(try ControlCoding.decode(ResourceView.self, from: Array(json.utf8)) == shown)
      }
      view.state = "released"
      let shown = view
      stage.backend.state.withLock { $0.resources[Sample.id] = shown }
      let refused = await #expect(throws: CommandFailure.self) { _ = try await stage.run("terminate", Sample.id) }
      #expect(refused?.exit == .conflict && refused?.failure.remedy?.contains("no sweep tells of it") == true)
      #expect(!stage.backend.calls.contains { $0.hasPrefix("terminate") || $0.hasPrefix("watch") })
      #expect(stage.err.withLock { $0 } == "")
    }
  }

  @Test func `with --json a program gets what the API says`() async throws {
    try await onStage { stage in
      stage.backend.state.withLock {
        $0.resources[Sample.id] = Sample.resource(8, state: "active", operation: "succeeded")
      }
      let (_, text) = try await stage.run("resource", "show", "KMNP", "--json")
      let view = try ControlCoding.decode(ResourceView.self, from: Array(text.utf8))
      #expect(view == Sample.resource(8, state: "active", operation: "succeeded"))
      #expect(text.contains("\"external_id\" : \"4711\""))
      let failure = CommandFailure(ControlFailure(.notFound, "there is no x"))
      let error = CommandLineTool.text(of: failure, isJSON: true)
      #expect(try ControlCoding.decode(ErrorEnvelope.self, from: Array(error.utf8)).error.code == .notFound)
    }
  }

  @Test func `an offering is read from a file, and a mistake in it reaches nobody`() async throws {
    try await onStage { stage in
      let file = stage.folder.path + "/o.json"
      try Data(#"{"placements":[{"account":"p","type":"t","location":"l","image":"i"}]}"#.utf8).write(
        to: URL(filePath: file))
      #expect(try await stage.run("offering", "add", "small", "--file", file).exit == .ok)
      try Data(#"{"placments":[]}"#.utf8).write(to: URL(filePath: file))
      let before = stage.backend.calls
      await #expect(throws: CommandFailure.self) { try await stage.run("offering", "add", "small", "--file", file) }
      #expect(stage.backend.calls == before)
      let (exit, text) = try await stage.run("offering", "validate", "small")
      #expect(exit == .invalid)
      #expect(text.contains("allowed: s1, s2"))
    }
  }

  @Test func `a private key is not sent`() async throws {
    try await onStage { stage in
      let file = stage.folder.path + "/id"
      try Data("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n".utf8).write(to: URL(filePath: file))
      await #expect(throws: CommandFailure.self) { try await stage.run("provision", "small", "--ssh-key", file) }
      #expect(stage.backend.calls.isEmpty)
    }
  }

  @Test func `plugin commands exit by what has become of the plugin`() async throws {
    let stage = try Stage()
    #expect(try await stage.run("plugin", "show", "acme").exit == .ok)
    stage.backend.state.withLock { state in
      state.plugin.held = HeldImageView(
        sha256: String(repeating: "c", count: 64), version: "2.0.0", reason: "asks for more",
        asks: ["endpoint api: a → b"])
      state.plugin.problem = ControlFailure(.notServing, "asks for more")
    }
    let reload = try await stage.run("plugin", "reload", "acme")
    #expect(reload.exit == .unhealthy && reload.text.contains("endpoint api: a → b"))
    let look = try await stage.run("plugin", "approve", "acme", "--dry-run")
    #expect(look.exit == .ok && !stage.backend.calls.contains { $0.hasPrefix("approve") })
    let approve = try await stage.run("plugin", "approve", "acme")
    #expect(approve.text.contains("endpoint api: a → b"))
    #expect(stage.backend.calls.contains("approve acme \(String(repeating: "c", count: 64))"))
    stage.backend.state.withLock { $0.plugin.state = "refused" }
    #expect(try await stage.run("plugin", "show", "acme").exit == .unhealthy)
    _ = try await stage.run("plugin", "install", "/tmp/libAcme.so")
    #expect(stage.backend.calls.contains("install /tmp/libAcme.so"))
    for command in ["rollback", "enable", "disable", "reset"] { _ = try await stage.run("plugin", command, "acme") }
    #expect(
      stage.backend.calls.suffix(4).map { $0.prefix { $0 != " " } } == ["rollback", "enable", "disable", "reset"])
  }
}
