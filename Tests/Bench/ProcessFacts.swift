import Foundation

/// What the kernel says of a process.
enum ProcessFacts {
  /// Resident memory in MB (1,000,000 bytes).
  static func residentMB(_ pid: Int32) throws -> Double {
    try number("VmRSS", in: "/proc/\(pid)/status") * 1_024 / 1_000_000
  }

  /// Times that any thread of it gave up the processor to wait: each begins with a wake-up.
  static func voluntarySwitches(_ pid: Int32) throws -> Double {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task").reduce(0) {
      $0 + (try number("voluntary_ctxt_switches", in: "/proc/\(pid)/task/\($1)/status"))
    }
  }

  private static func number(_ name: String, in path: String) throws -> Double {
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let line = text.split(separator: "\n").first { $0.hasPrefix("\(name):") }
    guard let word = line?.split(whereSeparator: { $0 == "\t" || $0 == " " }).dropFirst().first,
      let value = Double(word)
    else { throw Unmeasured("\(path) has no \(name)") }
    return value
  }
}
