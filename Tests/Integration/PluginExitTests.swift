import Control
import EvilPlugins
import EngineFixture
import Foundation
import System
import Testing

/// How `slipway plugin …` ends where a plugin misbehaves: the codes of `slipway help exit-codes`, row by row of the zoo.
@Suite struct PluginExitTests {
  /// A row of the zoo, and how the operator's commands about its file end.
  struct Row: Sendable, CustomTestStringConvertible {
    /// What it does, as `Zoo` has it.
    var does: String
    /// Another source than zoo.c.
    var source = "zoo"
    var macros: [String] = []
    /// What becomes of the built file.
    var change: @Sendable (Data) -> Data = { $0 }
    /// `plugin install` of the file; 6 where it does not even get into a plugin folder.
    var install: Int32
    /// `plugin show`, after that or after the file was put there by hand.
    var show: Int32
    var reload: Int32
    /// `plugin check`.
    var check: Int32
    /// What each of them says.
    var says: String
    /// A worker's start may take that long before it is given up.
    var isSlow = false

    var testDescription: String { does }
  }

  /// A sample of every class of rows: what fails in loading, what is no plugin file, what fails only when it is called.
  private static let rows: [Row] = [
    Row(
      does: "crashes in a constructor", macros: ["CONSTRUCTOR_CRASHES"], install: 13, show: 13, reload: 13, check: 13,
      says: "SIGSEGV"),
    Row(
      does: "is slow in a constructor", macros: ["SLOW"], install: 13, show: 13, reload: 13, check: 13,
      says: "did not load within", isSlow: true),
    Row(
      does: "returns no table", macros: ["NULL_TABLE"], install: 13, show: 13, reload: 13, check: 13,
      says: "returned NULL from slipway_plugin_entry"),
    Row(
      does: "speaks an ABI that is too new", macros: ["TOO_NEW"], install: 13, show: 13, reload: 13, check: 13,
      says: "update the host, or install an older build"),
    Row(
      does: "has a table that is too small", macros: ["SMALL"], install: 13, show: 13, reload: 13, check: 13,
      says: "struct_size 12"),
    Row(
      does: "lacks the symbol", source: "nosymbol", install: 13, show: 13, reload: 13, check: 13,
      says: "slipway_plugin_entry"),
    Row(
      does: "needs a symbol that nobody has", macros: ["UNRESOLVED"], install: 13, show: 13, reload: 13, check: 13,
      says: "nobody_defines_this"),
    Row(
      does: "is a text file", change: { _ in Data("#!/bin/sh\n".utf8) }, install: 6, show: 13, reload: 13, check: 13,
      says: "is a text file; expected a shared object"),
    Row(
      does: "is a truncated ELF file", change: { $0.prefix($0.count / 2) }, install: 6, show: 13, reload: 13, check: 13,
      says: "is cut short"),
    Row(
      does: "is for another machine",
      change: { data in
        var data = data
        data[18] = 183
        return data
      }, install: 6, show: 13, reload: 13, check: 13, says: "is built for AArch64"),
    Row(does: "crashes in a call", install: 0, show: 0, reload: 0, check: 13, says: "1.0.0"),
    Row(
      does: "lets a C++ exception escape", source: "throws", install: 0, show: 0, reload: 0, check: 13, says: "1.0.0"),
  ]

  @Test(.timeLimit(.minutes(5)), arguments: rows)
  func `commands about a plugin that misbehaves end with the code that says so`(row: Row) async throws {
    let scratch = try Scratch()
    let folder = try scratch.plugins()
    let host = try await ServedHost(
      scratch, configuration: "{ workers: { handshake_s: 1 }, reload: { quarantine_loads: 2 } }")
    let built = try Data(contentsOf: URL(filePath: try await EvilPlugin.built(row.source, row.macros)))
    let file = "\(scratch.path)/libAnimal.so"
    try row.change(built).write(to: URL(filePath: file))

    let installed = try await slipway(scratch, "plugin", "install", file)
    #expect(installed.exit == row.install, "install: \(installed)")
    if row.install == 6 {
      #expect(installed.text.contains(row.says), "\(installed)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty, "it was let in")
      try FileManager.default.copyItem(atPath: file, toPath: "\(folder)/.new")
      #expect(rename("\(folder)/.new", "\(folder)/libAnimal.so") == 0)
      while try await slipway(scratch, "plugin", "show", "Animal").exit == 4 {}
    }
    // Until it serves it goes by its file's name.
    let id = row.install == 0 ? "test" : "Animal"
    for (command, code) in [("reload", row.reload), ("show", row.show)] {
      let ended = try await slipway(scratch, "plugin", command, id)
      #expect(ended.exit == code && ended.text.contains(row.says), "\(command): \(ended)")
    }
    if row.install == 0 {
      // Its account is not added, and what went wrong is not the plugin's state but the call's.
      try Data("secret".utf8).write(to: URL(filePath: "\(scratch.path)/token"))
      let added = try await slipway(
        scratch, "account", "add", "a", "--plugin", id, "--credential-file", "\(scratch.path)/token")
      #expect(added.exit != 0, "\(added)")
    }
    let list = try await slipway(scratch, "plugin", "list")
    #expect(list.exit == 0, "\(list)")
    let health = try await slipway(scratch, "health")
    #expect(health.exit == (row.show == 0 ? 0 : 13), "\(health)")
    await host.end()

    if row.isSlow { return }
    // Needs no daemon.
    let checked = try await Self.slipway("plugin", "check", file)
    #expect(checked.exit == row.check && checked.text.contains(row.says), "check: \(checked)")
    let json = try await Self.slipway("plugin", "check", file, "--json")
    #expect(json.exit == row.check, "check --json: \(json)")
  }

  @Test func `every row is one of the zoo's, and commands about what is not there say so`() async throws {
    let known = Set(Zoo.all.map(\.does))
    for row in Self.rows { #expect(known.contains(row.does), "\(row.does)") }
    let scratch = try Scratch()
    _ = try scratch.plugins()
    let host = try await ServedHost(scratch)
    for command in ["show", "reload", "rollback", "enable", "disable", "reset", "approve"] {
      #expect(try await slipway(scratch, "plugin", command, "nobody").exit == 4, "\(command)")
    }
    #expect(try await slipway(scratch, "plugin", "install", "\(scratch.path)/nothing.so").exit == 6)
    #expect(try await Self.slipway("plugin", "check", "\(scratch.path)/nothing.so").exit == 2)
    #expect(try await slipway(scratch, "plugin", "show").exit == 2)
    await host.end()
    #expect(try await slipway(scratch, "plugin", "show", "nobody").exit == 3)
  }

  /// Runs the command against the daemon of the scratch folder.
  private func slipway(_ scratch: Scratch, _ words: String...) async throws -> (exit: Int32, text: String) {
    try await Self.run(words + ["--socket", "\(scratch.path)/control.sock"])
  }

  /// Runs a command that needs no daemon.
  private static func slipway(_ words: String...) async throws -> (exit: Int32, text: String) { try await run(words) }

  private static func run(_ words: [String]) async throws -> (exit: Int32, text: String) {
    let child = try Child(Built.path("slipway"), words)
    let text = await child.printed(until: "\u{0}")
    guard case .exited(let code)? = await child.ended() else { throw ScratchError("slipway was killed: \(words)") }
    return (code, text)
  }
}
