import Control
import Daemon

/// Help, made from the table of commands; pure.
package enum HelpText {
  /// Topics that are no commands.
  package static let topics = ["exit-codes", "configuration", "environment"]

  /// The help of a topic, a command, a group of commands, or of everything; each line ends.
  package static func text(_ topic: String, commands: [CommandSpec] = CommandTable.all) -> String {
    switch topic {
    case "": return overview(commands)
    case "exit-codes": return exitCodes()
    case "configuration": return configuration()
    case "environment": return environment
    default: break
    }
    if let spec = commands.first(where: { $0.name == topic }) { return help(of: spec) }
    let group = commands.filter { $0.name.hasPrefix("\(topic) ") }
    return group.isEmpty ? overview(commands) : list("slipway \(topic)", group)
  }

  private static func overview(_ commands: [CommandSpec]) -> String {
    list("Slipway makes machines at clouds, watches them, and takes them away again.", commands) + """

      `slipway COMMAND --help` shows a command with examples.
      More: `slipway help exit-codes`, `slipway help configuration`, `slipway help environment`.

      """
  }

  private static func list(_ title: String, _ commands: [CommandSpec]) -> String {
    title + "\n\n" + pairs(commands.map { ($0.name, $0.summary) })
  }

  private static func help(of spec: CommandSpec) -> String {
    var text = "\(spec.summary)\n\nUsage: \(spec.usage)\n"
    if let detail = spec.detail { text += "\n\(detail)\n" }
    if !spec.operands.isEmpty { text += "\n" + pairs(spec.operands.map { ($0.name, $0.help) }) }
    text += "\nOptions:\n"
    text += pairs(
      spec.allOptions.map { option in
        let name = "--\(option.name)" + (option.value.map { " \($0)" } ?? "")
        let notes = [option.isRequired ? "required" : nil, option.repeats ? "repeatable" : nil].compactMap { $0 }
        return (name, option.help + (notes.isEmpty ? "" : " (\(notes.joined(separator: ", ")))"))
      })
    text += "\nExamples:\n"
    for example in spec.examples { text += "  \(example.line)\n      \(example.meaning)\n" }
    return text
  }

  private static func exitCodes() -> String {
    var text = "Exit codes of slipway. They do not change their meaning.\n\n"
    text += pairs(ExitCode.allCases.map { ("\($0.rawValue)", $0.meaning) })
    text += "\nWhich failure leads to which code:\n\n"
    return text
      + pairs(
        ExitCode.allCases.compactMap { exit in
          let codes = ControlCode.allCases.filter { $0.exit == exit }.map(\.rawValue)
          return codes.isEmpty ? nil : ("\(exit.rawValue)", codes.joined(separator: ", "))
        })
  }

  private static func configuration() -> String {
    var text = "Keys of the configuration file (JSON5, passed with `slipway serve --config FILE`).\n"
    text += "A dot stands for a group: `log.level` is { log: { level: \"info\" } }.\n\n"
    for key in ConfigurationKey.all { text += "  \(key.path)\n      \(key.meaning) Takes \(key.takes).\n" }
    return text
  }

  private static let environment = """
    Environment variables that slipway reads.

      SLIPWAY_SOCKET   control socket, for serve and for every other command
      NO_COLOR         when set and not empty: no colours
      TERM             when `dumb`: no colours and no line that redraws itself
      XDG_RUNTIME_DIR  where the socket is, for users other than root
      XDG_STATE_HOME   where the state is, for users other than root (else HOME)

    """

  private static func pairs(_ rows: [(String, String)]) -> String {
    let width = min(rows.map(\.0.count).max() ?? 0, 34)
    return rows.map { name, text in
      name.count > width
        ? "  \(name)\n  \(String(repeating: " ", count: width))  \(text)\n"
        : "  \(name)\(String(repeating: " ", count: width - name.count))  \(text)\n"
    }.joined()
  }
}
