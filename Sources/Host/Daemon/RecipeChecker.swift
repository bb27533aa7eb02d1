package import Core
import FoundationEssentials
package import System

/// The lint of a script with the tools that this machine has; they read it, and never run it.
package struct RecipeChecker: Sendable {
  /// What was found, and by what.
  package struct Report: Sendable, Hashable {
    /// In the order of lines.
    package var findings: [LintFinding]
    /// The tools that looked at it.
    package var checked: [String]
    /// Those that could not, and why.
    package var unchecked: [String]
  }

  private let reactor: Reactor
  private let deadline: Duration

  /// Makes a checker; each tool has `deadline`.
  package init(on reactor: Reactor, deadline: Duration = .seconds(20)) {
    self.reactor = reactor
    self.deadline = deadline
  }

  /// Reads a script and lets the tools read it.
  package func check(_ body: [UInt8]) async -> Report {
    var report = Report(findings: RecipeLint.findings(body), checked: ["reading"], unchecked: [])
    // What is no script at all is nothing for tools.
    let pointless = ["empty", "too_big", "nul", "byte_order_mark", "crlf"]
    guard !report.findings.contains(where: { pointless.contains($0.code) }) else { return report }
    let shebang = Shebang(body) ?? .usual
    switch shebang.language {
    case .shell:
      await syntax("sh", ["-n"], body, &report)
      await shellcheck("sh", body, &report)
    case .bash:
      await syntax("bash", ["-n"], body, &report)
      await shellcheck("bash", body, &report)
    case .python: await syntax("python3", ["-I", "-S", "-B", "-c", Self.compile], body, &report)
    case .other(let name): report.unchecked.append("syntax of \(name.prefix(40)): no checker is known")
    }
    report.findings = report.findings.inOrder
    return report
  }

  private static let compile = """
    import sys
    try:
        compile(sys.stdin.buffer.read(), "recipe", "exec", dont_inherit=True)
    except SyntaxError as e:
        print("line %d: %s" % (e.lineno or 1, e.msg)); sys.exit(1)
    except (ValueError, RecursionError, MemoryError) as e:
        print("line 1: %s" % e); sys.exit(1)
    """

  private func syntax(_ tool: String, _ arguments: [String], _ body: [UInt8], _ report: inout Report) async {
    let name = tool == "python3" ? "python3 compile" : "\(tool) -n"
    guard let output = await run(tool, arguments, body, name, &report) else { return }
    guard case .exited(let code)? = output.status, code != 0 else { return }
    let text = String(decoding: output.output.prefix(4_096), as: UTF8.self)
    let (line, message) = Self.firstError(text)
    report.findings.append(
      LintFinding(.error, "syntax", line: line, "\(name): \(message)", remedy: "correct the line, or one before it"))
  }

  private func shellcheck(_ dialect: String, _ body: [UInt8], _ report: inout Report) async {
    let arguments = ["--norc", "-f", "json1", "-s", dialect, "-S", "info", "-"]
    guard let output = await run("shellcheck", arguments, body, "shellcheck", &report) else { return }
    guard let comments = try? JSONDecoder().decode(Comments.self, from: Data(output.output)) else {
      report.checked.removeAll { $0 == "shellcheck" }
      report.unchecked.append("shellcheck: its answer cannot be read")
      return
    }
    // What it says never stands in the way: whether it is installed must not decide which recipes are taken.
    report.findings += comments.comments.prefix(200).map { comment in
      LintFinding(
        .warning, "SC\(comment.code)", line: max(1, comment.line), String(comment.message.prefix(400)),
        remedy: "https://www.shellcheck.net/wiki/SC\(comment.code)")
    }
  }

  private struct Comments: Decodable {
    struct Comment: Decodable {
      var line: Int
      var code: Int
      var message: String
    }
    var comments: [Comment]
  }

  private func run(
    _ tool: String, _ arguments: [String], _ body: [UInt8], _ name: String, _ report: inout Report
  ) async -> ToolRun.Report? {
    guard let program = ToolRun.find(tool) else {
      report.unchecked.append("\(name): \(tool) is not installed on this machine")
      return nil
    }
    do throws(SystemError) {
      let output = try await ToolRun.run(program, arguments, input: body, deadline: deadline, on: reactor)
      guard case .exited? = output.status else {
        report.unchecked.append("\(name): \(output.status.map { "\($0)" } ?? "it took longer than \(deadline)")")
        return nil
      }
      report.checked.append(name)
      return output
    } catch {
      report.unchecked.append("\(name): \(error)")
      return nil
    }
  }

  /// Line and message of `sh: 3: …`, `bash: line 3: …` and `line 3: …`.
  static func firstError(_ text: String) -> (line: Int?, message: String) {
    let first = text.split(separator: "\n").first.map(String.init) ?? "no message"
    let parts = first.split(separator: ":", omittingEmptySubsequences: false).map { $0.drop { $0 == " " } }
    for (index, part) in parts.enumerated() {
      let number = part.hasPrefix("line ") ? part.dropFirst(5) : part
      guard let line = Int(number), line > 0, index + 1 < parts.count else { continue }
      return (line, String(parts[(index + 1)...].joined(separator: ": ").prefix(400)))
    }
    return (nil, String(first.prefix(400)))
  }
}
