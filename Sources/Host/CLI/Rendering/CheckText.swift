import Conformance
import Control

/// A check's report for people and for programs; pure.
enum CheckText {
  static func text(_ report: CheckReport, colours: Bool) -> String {
    var lines: [String] = []
    let loads = !report.results.contains { $0.requirement == .loads && $0.verdict == .broken }
    // What does not load shows nothing else.
    for result in report.results where loads || result.verdict != .unseen {
      let (word, style): (String, Style) =
        switch result.verdict {
        case .kept: ("kept", .good)
        case .broken: ("BROKEN", .bad)
        case .unseen: ("unseen", .faint)
        }
      let number = result.requirement.rawValue
      let gap = String(repeating: " ", count: max(1, 5 - number.count))
      let mark = style.applied(to: word, colours: colours) + String(repeating: " ", count: max(0, 8 - word.count))
      lines.append("\(number)\(gap)\(mark)\(result.requirement.text)")
      lines += result.details.map { "             \(Plain.text($0))" }
    }
    let broken = report.results.filter { $0.verdict == .broken }.count
    let unseen = report.results.filter { $0.verdict == .unseen }.count
    let plugin = report.plugin.isEmpty ? report.file : report.plugin
    lines.append("")
    lines.append(
      broken == 0
        ? "\(Plain.text(plugin)): nothing broken; \(report.results.count - unseen) kept, \(unseen) unseen"
        : "\(Plain.text(plugin)): \(broken) of \(report.results.count) requirements broken"
          + (loads ? "" : "; the others could not be tried, because it does not load"))
    return lines.joined(separator: "\n") + "\n"
  }

  static func json(_ report: CheckReport) -> String {
    let results = report.results.map { result -> JSON in
      .object([
        "number": .string(result.requirement.rawValue), "verdict": .string(result.verdict.rawValue),
        "text": .string(result.requirement.text), "details": .array(result.details.map { .string($0) }),
      ])
    }
    let tree = JSON.object([
      "file": .string(report.file), "plugin": .string(report.plugin), "holds": .bool(report.holds),
      "results": .array(results),
    ])
    return String(decoding: ControlCoding.encode(tree, pretty: true), as: UTF8.self) + "\n"
  }
}
