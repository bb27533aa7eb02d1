import Control
import FoundationEssentials
import Glibc
import Plugins
import System

/// The daemon's log: one line an event, on standard error.
package struct HostLog: Sendable {
  /// How much a line matters.
  package enum Level: Int, Sendable, Comparable {
    case debug, info, warning, error

    /// A plugin's level, clamped.
    init(_ level: UInt8) { self = Level(rawValue: Int(min(level, 3))) ?? .info }

    /// Order of weight.
    package static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }
  }

  private let least: Level
  private let isJSON: Bool

  init(_ settings: Configuration.Log) {
    least =
      switch settings.level {
      case "debug": .debug
      case "warning": .warning
      case "error": .error
      default: .info
      }
    isJSON = settings.format == "json"
  }

  private struct Line: Encodable {
    var at: String
    var level: String
    var message: String
    var fields: [String: String]?
  }

  /// Says where a plugin stands: once for each change. Why a worker died was said when it did.
  func write(_ status: PluginStatus) {
    let reason = status.state.reason.map { ": \($0)" } ?? ""
    switch status.state {
    case .refused, .quarantined: write(.error, "plugin \(status.id) is \(status.state.name)\(reason)")
    case .needsApproval, .disabled: write(.warning, "plugin \(status.id) is \(status.state.name)\(reason)")
    case .incomplete: write(.info, "plugin \(status.id) is \(status.state.name)\(reason)")
    case .starting, .serving, .backoff, .stopped: write(.info, "plugin \(status.id) is \(status.state.name)")
    }
  }

  /// Writes a line. Any thread.
  func write(_ level: Level, _ message: String, _ fields: [String: String] = [:]) {
    guard level >= least else { return }
    let at = Timestamp(ms: Clock.wall()).description
    let shown = fields.filter { !$0.value.isEmpty && $0.value != "{}" }
    var text: String
    if isJSON {
      let line = Line(at: at, level: "\(level)", message: message, fields: shown.isEmpty ? nil : shown)
      text = (try? JSONEncoder().encode(line)).map { String(decoding: $0, as: UTF8.self) } ?? message
    } else {
      text = "\(at) \(level) \(Believed.text(message))"
      for (name, value) in shown.sorted(by: { $0.key < $1.key }) { text += " \(name)=\(Believed.text(value))" }
    }
    let bytes = Array("\(text)\n".utf8)
    // One write for one line, so that lines of several threads do not mix.
    _ = bytes.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
  }
}
