import Control
import EvilPlugins
import EngineFixture
import Foundation
import System
import Testing

/// What a hostile plugin can and cannot do to the host that really runs it; docs/threat-model.md lists the claims.
@Suite struct ThreatTests {
  @Test(.timeLimit(.minutes(5)))
  func `a thief gets neither ledger, key, credential, host, worker, socket nor another origin`() async throws {
    let scratch = try Scratch()
    let folder = try scratch.plugins()
    for (name, build) in [("Thief", try await EvilPlugin.built("thief")), ("Other", try await EvilPlugin.bystander())] {
      try FileManager.default.copyItem(atPath: build, toPath: "\(folder)/lib\(name).so")
    }
    let cloud = try PebbleCloud()
    let host = try await ServedHost(scratch)
    var pids: [String: Int32] = [:]
    try await host.plugins { plugins in
      for plugin in plugins where plugin.state == "serving" { pids[plugin.id] = plugin.pid }
      return pids.count == 2
    }
    let worker = try #require(pids["bystander"])
    let token = "\(scratch.path)/token"
    try Data("secret".utf8).write(to: URL(filePath: token))
    let settings: [String: JSON] = [
      "ledger": .string("\(scratch.path)/state/ledger.db"), "seal": .string("\(scratch.path)/state/seal.key"),
      "credential": .string(token), "host": .string("\(host.pid)"), "other": .string("\(worker)"),
    ]
    for path in ["state/ledger.db", "state/seal.key", "token"] {
      #expect(
        FileManager.default.isReadableFile(atPath: "\(scratch.path)/\(path)"), "there is nothing to steal: \(path)")
    }
    let limits = try String(contentsOfFile: "/proc/\(host.pid)/limits", encoding: .utf8)
    let added = await host.ask(
      "POST", "/v1/accounts",
      NewAccount(
        name: "a", plugin: "thief", credential: Credential("secret"),
        endpoints: ["api": EndpointOverride(url: cloud.url)], settings: .object(settings)), as: AccountView.self)
    guard case .success(let account)? = added else { throw ScratchError("the account was not added: \(added as Any)") }
    #expect(account.identity == "tried 19", "what it did comes after the number")
    #expect(try String(contentsOfFile: "/proc/\(host.pid)/limits", encoding: .utf8) == limits)
    #expect(cloud.seen("GET", "/") == 0 && cloud.seen("DELETE", "/") == 0)
    guard case .success(let other)? = await host.ask("GET", "/v1/plugins/bystander", as: PluginView.self) else {
      throw ScratchError("the host is gone")
    }
    #expect(other.pid == worker && other.restarts == 0)
    await host.end()
    await cloud.stop()
  }

  @Test func `every claim of the threat model names a test that is there`() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: root.appending(path: "docs/threat-model.md"), encoding: .utf8)
    var claims = 0
    for line in text.split(separator: "\n") where line.hasPrefix("| ") && !line.hasPrefix("| claim") {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      claims += 1
      #expect(cells.count == 3 && cells[2].contains("`"), "no test: \(line)")
    }
    #expect(claims >= 20)
    // Each test stands as `Folder/File`: its name, to the next `;`, `.` or `|`.
    let names = text.matches(of: /`([A-Za-z]+\/[A-Za-z]+)`: ([^;|.(]+)/)
    #expect(names.count >= claims)
    for match in names {
      let source = try String(contentsOf: root.appending(path: "Tests/\(match.1).swift"), encoding: .utf8)
      let name = match.2.replacingOccurrences(of: "\n", with: " ").trimmingCharacters(in: .whitespaces)
      #expect(source.contains("func `\(name)"), "Tests/\(match.1).swift has no test that begins \(name)")
    }
  }
}
