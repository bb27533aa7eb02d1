import Daemon
import Foundation
import Testing

@Suite struct ConfigurationTests {
  private let host = HostFacts(isRoot: true, programs: "/opt/slipway/bin", environment: [:])

  private func applied(_ text: String) throws -> Configuration {
    var configuration = Configuration(host: host)
    try configuration.apply(Array(text.utf8), file: "c.json5")
    return configuration
  }

  private func refused(_ text: String) -> ConfigurationError? {
    do {
      _ = try applied(text)
      return nil
    } catch {
      return error as? ConfigurationError
    }
  }

  @Test func `a host that was told nothing has a working default for everything`() {
    let root = Configuration(host: host)
    #expect(root.state == "/var/lib/slipway")
    #expect(root.socket == "/run/slipway/control.sock")
    #expect(root.worker == "/opt/slipway/bin/slipway-worker")
    #expect(root.sealKey == "/var/lib/slipway/seal.key")
    let user = Configuration(
      host: HostFacts(
        isRoot: false, programs: "/b", environment: ["HOME": "/home/joe", "XDG_RUNTIME_DIR": "/run/user/7"]))
    #expect(user.state == "/home/joe/.local/state/slipway")
    #expect(user.socket == "/run/user/7/slipway/control.sock")
    let told = HostFacts(isRoot: true, programs: "/b", environment: ["SLIPWAY_SOCKET": "/tmp/s"])
    #expect(told.defaultSocket == "/tmp/s")
  }

  @Test func `comments, single quotes, bare keys and trailing commas are read`() throws {
    let configuration = try applied(
      """
      // The whole file is JSON5.
      {
        state: '/srv/slipway', /* the key moves along */
        "plugins": ["/srv/plugins",],
        log: { level: "debug" },
        deadlines: { calls: { poll_s: +20 }, provision_s: 0x10E, },
      }
      """)
    #expect(configuration.state == "/srv/slipway")
    #expect(configuration.sealKey == "/srv/slipway/seal.key")
    #expect(configuration.plugins == ["/srv/plugins"])
    #expect(configuration.log.level == "debug")
    #expect(configuration.deadlines.calls[.poll] == .seconds(20))
    #expect(configuration.deadlines.provision == 270)
    #expect(configuration.polling == Configuration(host: host).polling)
  }

  @Test func `a seal key that was named stays where it is`() throws {
    var configuration = try applied("{state: '/a', seal_key: '/keys/k'}")
    #expect(configuration.sealKey == "/keys/k")
    configuration.moveState(to: "/b")
    #expect(configuration.sealKey == "/keys/k")
  }

  @Test(arguments: [
    (
      "{ log: { levle: 'info' } }",
      "c.json5:1:10: there is no key log.levle; expected perhaps log.level, found log.levle; `slipway help "
        + "configuration` lists the keys"
    ),
    ("{\n  state: 5\n}", "c.json5:2:10: the value of state cannot be used; expected an absolute path, found 5"),
    ("{state: 'x'}", "c.json5:1:9: the value of state cannot be used; expected an absolute path, found the text \"x\""),
    (
      "{polling: {young_s: 0}}",
      "c.json5:1:21: the value of polling.young_s cannot be used; expected a whole number from 1 to 3600, found 0"
    ),
    (
      "{polling: {young_s: 2.5}}",
      "c.json5:1:21: the value of polling.young_s cannot be used; expected a whole number from 1 to 3600, found 2.5"
    ),
    (
      "{log: {format: 'xml'}}",
      "c.json5:1:16: the value of log.format cannot be used; expected \"text\", \"json\", found the text \"xml\""
    ),
    ("{log: 'x'}", "c.json5:1:7: log does not hold a group; expected a group in braces: { … }, found the text \"x\""),
    (
      "{plugins: ['/a', 'b']}",
      "c.json5:1:18: an entry of plugins cannot be used; expected an absolute path, found the text \"b\""
    ),
    (
      "{state: '/a', state: '/b'}",
      "c.json5:1:15: the key state appears twice; expected each key once, found it a second time; remove one of them"
    ),
    ("{\n\n  state '/a' }", "c.json5:3:9: the file is not valid JSON5; expected a colon after \"state\", found \"'\""),
    ("{state: '/a'", "c.json5:1:13: the file is not valid JSON5; expected a comma or }, found the end of the file"),
    ("{state: /a}", "c.json5:1:10: the file is not valid JSON5; expected a comment, // or /*, found \"a\""),
    (
      "{log: {level: info}}",
      "c.json5:1:15: the file is not valid JSON5; expected a value, found info; put text in quotes: \"info\""
    ),
    ("{state: '/a\n'}", "c.json5:1:9: a text does not end; expected ', found the end of the line"),
    ("{} x", "c.json5:1:4: the file is not valid JSON5; expected the end of the file, found \"x\""),
    ("", "c.json5:1:1: the file is empty; expected a group in braces: { … }, found nothing"),
    ("/* ", "c.json5:1:1: a comment does not end; expected */, found the end of the file"),
  ])
  func `a mistake is named with its place, what was expected and what was found`(text: String, message: String) {
    #expect(refused(text)?.description == message)
  }

  @Test func `a file that is refused changes nothing`() {
    var configuration = Configuration(host: host)
    #expect(throws: ConfigurationError.self) {
      try configuration.apply(Array("{state: '/a', nope: 1}".utf8), file: "c")
    }
    #expect(configuration == Configuration(host: host))
  }

  @Test func `arbitrary files are refused or read, never more`() {
    var random = SplitMix(seed: 11)
    let pieces = [
      "{", "}", "[", "]", ":", ",", "'", "\"", "\\", "u12", "//", "/*", "*/", "\n", "state", "log", "0x", "1e9", "-",
      "/a", "é", "\u{0}", "true", "\r\n", "\\ud800", "9999999999999999999", ".",
    ]
    for _ in 0..<20_000 {
      let count = Int.random(in: 0..<16, using: &random)
      let text = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
      _ = refused(text)
    }
    _ = refused(String(repeating: "[", count: 100_000))
    _ = refused(String(repeating: "{a:", count: 100_000))
    var configuration = Configuration(host: host)
    #expect(throws: ConfigurationError.self) { try configuration.apply([0xFF, 0xFE], file: "c") }
  }

  @Test func `the documentation lists every key with its default, and no other`() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: root.appending(path: "docs/configuration.md"), encoding: .utf8)
    let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `") }.map(String.init)
    let defaults = Configuration(
      host: HostFacts(isRoot: true, programs: "BIN", environment: [:]))
    let expected = ConfigurationKey.all.map {
      "| `\($0.path)` | \($0.meaning) | \($0.takes) | `\($0.value(in: defaults))` |"
    }
    #expect(rows == expected, "docs/configuration.md should have:\n\(expected.joined(separator: "\n"))")
  }
}
