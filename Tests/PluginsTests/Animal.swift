import EvilPlugins
import Foundation
import Plugins
import Testing

/// A plugin of the zoo: how it comes to be, what it is asked, and what is then seen.
struct Animal: Sendable, CustomTestStringConvertible {
  /// A row of `Zoo`.
  var does: String
  /// Macros of zoo.c.
  var macros: [String] = []
  /// Another source.
  var source = "zoo"
  /// What becomes of the built file.
  var change: @Sendable (Data) -> Data = { $0 }
  /// What it is asked; nil: nothing.
  var request: String?
  /// How often.
  var rounds = 1
  /// Time for each call.
  var within = Duration.seconds(15)
  /// Whether the caller was told what is right.
  var isOK: @Sendable (CallOutcome) -> Bool = { _ in true }
  /// The state that it comes to.
  var state = "serving"
  /// In the state's reason.
  var reason = ""
  /// Whether its worker has to have been replaced.
  var isReplaced = false
  /// In the last end that `plugin show` has.
  var end = ""
  /// In lines of the operator's log.
  var log: [String] = []

  var testDescription: String { does }

  func isExpected(_ status: PluginStatus) -> Bool {
    status.file.hasSuffix("libTest.so") && status.state.name == state
      && (end.isEmpty || status.lastEnd?.reason.contains(end) == true)
      && (reason.isEmpty || status.state.reason?.contains(reason) == true) && (!isReplaced || status.restarts > 0)
  }

  func place(in fleet: Fleet) async throws {
    let built = URL(filePath: try await EvilPlugin.built(source, macros))
    let file = fleet.folder + "/.fresh"
    try change(try Data(contentsOf: built)).write(to: URL(filePath: file))
    _ = rename(file, fleet.folder + "/libTest.so")
  }

  /// A cloud that answers with a body that never ends.
  static let endless: PluginHTTPDelegate = { _, responder in
    responder.head(WorkerHTTPHead(outcome: 2, status: 200))
    _ = responder.body(Array("a piece".utf8))
    return PluginHTTPHandle()
  }

  static let all = loading + files + calls + wire + output + answers
}

// What it is told at the end of a call.
private func crashed(_ text: String) -> @Sendable (CallOutcome) -> Bool {
  { if case .crashed(let reason) = $0 { reason.contains("libTest.so: its worker \(text)") } else { false } }
}

private func overdue(_ outcome: CallOutcome) -> Bool { outcome == .overdue }

private func replied(_ text: String) -> @Sendable (CallOutcome) -> Bool { { $0.text == text } }

private func isInternal(_ outcome: CallOutcome) -> Bool {
  if case .failed(let code, _) = outcome { code == 16 } else { false }
}

extension Animal {
  private static let loading = [
    Animal(
      does: "crashes in a constructor", macros: ["CONSTRUCTOR_CRASHES"], state: "quarantined",
      reason: "3 times in a row", log: ["killed by signal 11 (SIGSEGV)"]),
    Animal(
      does: "is slow in a constructor", macros: ["SLOW"], state: "backoff", reason: "did not load within 2 s",
      log: ["see what its constructors wait for"]),
    Animal(
      does: "returns no table", macros: ["NULL_TABLE"], state: "refused",
      reason: "returned NULL from slipway_plugin_entry, expected its table"),
    Animal(
      does: "speaks an ABI that is too old", macros: ["TOO_OLD"], state: "refused",
      reason: "the plugin speaks plugin ABI 0.0, this host 1.0; install a newer build of the plugin"),
    Animal(
      does: "speaks an ABI that is too new", macros: ["TOO_NEW"], state: "refused",
      reason: "the plugin speaks plugin ABI 7.3, this host 1.0; update the host, or install an older build"),
    Animal(
      does: "has a table that is too small", macros: ["SMALL"], state: "refused",
      reason: "has a table with struct_size 12; expected 48 to 65536"),
    Animal(
      does: "has a table of 4 GB", macros: ["HUGE_SIZE"], state: "refused",
      reason: "has a table with struct_size 4294967295; expected 48 to 65536"),
  ]

  private static let files = [
    Animal(
      does: "is for another machine",
      change: { data in
        var data = data
        data[18] = 183
        return data
      }, state: "refused", reason: "is built for AArch64; expected x86-64"),
    Animal(
      does: "is a truncated ELF file", change: { $0.prefix($0.count / 2) }, state: "incomplete", reason: "is cut short"),
    Animal(
      does: "is a text file", change: { _ in Data("#!/bin/sh\n".utf8) }, state: "refused",
      reason: "is a text file; expected a shared object"),
    Animal(does: "lacks the symbol", source: "nosymbol", state: "refused", reason: "slipway_plugin_entry"),
    Animal(
      does: "needs a symbol that nobody has", macros: ["UNRESOLVED"], state: "refused", reason: "nobody_defines_this"),
    Animal(
      does: "needs a library that is not there",
      change: { data in
        var data = data
        guard let name = data.range(of: Data("libc.so.6\0".utf8)) else { return data }
        data.replaceSubrange(name, with: Data("libx.so.6\0".utf8))
        return data
      }, state: "refused", reason: "libx.so.6"),
  ]

  private static let calls = [
    Animal(
      does: "crashes in a call", request: "crash",
      isOK: crashed("was killed by signal 11 (SIGSEGV) during validate"), isReplaced: true,
      end: "(SIGSEGV) at address 0x10 in validate, call 1"),
    Animal(
      does: "crashes in a thread of its own", request: "thread crash",
      isOK: crashed("was killed by signal 11 (SIGSEGV)"),
      isReplaced: true),
    Animal(
      does: "calls abort", request: "abort", isOK: crashed("was killed by signal 6 (SIGABRT)"), isReplaced: true),
    Animal(does: "calls exit(0)", request: "exit", isOK: crashed("was gone: exited with status 0"), isReplaced: true),
    Animal(
      does: "lets a C++ exception escape", source: "throws", request: "throw",
      isOK: crashed("was killed by signal 6 (SIGABRT)"), isReplaced: true),
    Animal(
      does: "loops for ever", request: "loop", within: .milliseconds(500), isOK: overdue, isReplaced: true,
      log: ["validate of account a is overdue"]),
    Animal(
      does: "sleeps and ignores SIGTERM", request: "stubborn", within: .milliseconds(500), isOK: overdue,
      isReplaced: true),
    Animal(
      does: "leaks 1 MB a call", request: "leak", rounds: 120,
      isOK: { $0.text == "leaked" || crashed("was killed by signal 11 (SIGSEGV)")($0) }, isReplaced: true),
    Animal(
      does: "takes a chunk of an answer and never returns", request: "stream", within: .seconds(1), isOK: overdue,
      isReplaced: true),
    Animal(
      does: "leaves a child that holds its pipes", request: "child", isOK: replied("fork: EPERM")),
  ]

  private static let wire = [
    Animal(
      does: "closes descriptors 0 to 64", request: "close", isOK: { if case .crashed = $0 { true } else { false } },
      isReplaced: true),
    Animal(
      does: "writes garbage to descriptor 3", request: "garbage",
      isOK: { if case .crashed(let why) = $0 { why.contains("broke the protocol: ") } else { false } },
      isReplaced: true),
    Animal(
      does: "forges the reply to a call that is not open", request: "forge",
      isOK: {
        if case .crashed(let why) = $0 { why.contains("a REPLY frame for call 99, which is not open") } else { false }
      }, isReplaced: true),
    Animal(
      does: "forges replies to every call", request: "forge two",
      isOK: { $0.text == #"{"forged":true}"# || crashed("")($0) || "\($0)".contains("is not open") }, isReplaced: true,
      log: ["broke the protocol: a REPLY frame for call"]),
    Animal(
      does: "forges a frame of no kind", request: "forge kind",
      isOK: {
        if case .crashed(let why) = $0 { why.contains("broke the protocol: ") && why.contains("77") } else { false }
      },
      isReplaced: true),
    Animal(
      does: "reads descriptor 3", request: "steal", within: .seconds(5),
      isOK: { if case .crashed = $0 { true } else { $0 == .overdue } }, isReplaced: true),
  ]

  private static let output = [
    Animal(
      does: "writes garbage to descriptors 1 and 2", request: "noise", isOK: replied("noisy"), log: ["output: "]),
    Animal(
      does: "prints without end", request: "print", within: .seconds(2), isOK: overdue, isReplaced: true,
      log: ["output: yyyy", "lines were dropped"]),
    Animal(does: "logs 1 GB", request: "log", isOK: replied("logged 1 GB"), log: ["xxxx", "lines were dropped"]),
    Animal(
      does: "writes terminal escape codes", request: "escapes", isOK: replied("escaped"),
      log: ["log ]0;owned[2J[31mred  forged line", "output: print [2Jred"]),
  ]

  private static let answers = [
    Animal(does: "replies with NULL", request: "null reply", isOK: isInternal),
    Animal(
      does: "replies with 64 MB", request: "64 MB", isOK: isInternal, log: ["the host said -3"]),
    Animal(
      does: "replies twice", request: "twice", isOK: replied("first"),
      log: ["the plugin answered a call a second time; the first answer stands"]),
    Animal(does: "replies from another thread", request: "thread reply", isOK: replied("from another thread")),
    Animal(does: "does not reply", request: "none", isOK: isInternal),
  ]
}
