import Foundation

/// What the kernel says of a process.
enum ProcessFacts {
  /// Resident memory in MB (1,000,000 bytes).
  static func residentMB(_ pid: Int32) throws -> Double {
    try number("VmRSS", in: "/proc/\(pid)/status") * 1_024 / 1_000_000
  }

  /// Resident anonymous memory in MB (1,000,000 bytes).
  static func anonymousMB(_ pid: Int32) throws -> Double {
    try number("RssAnon", in: "/proc/\(pid)/status") * 1_024 / 1_000_000
  }

  /// Seconds of processor time that a process has used, of its own and in the kernel.
  static func processorSeconds(_ pid: Int32) throws -> Double {
    let text = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
    let fields = text.range(of: ") ", options: .backwards).map { text[$0.upperBound...].split(separator: " ") } ?? []
    guard fields.count > 12, let own = Double(fields[11]), let kernel = Double(fields[12]) else {
      throw Unmeasured("/proc/\(pid)/stat names no processor time")
    }
    return (own + kernel) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  /// The processes whose parent that is and whose command line begins with that word. A worker's name for the kernel is
  /// that of the descriptor that it was started by.
  static func children(called name: String, of parent: Int32) -> [Int32] {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return all.compactMap(Int32.init).filter { pid in
      guard let line = try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8),
        line.split(separator: "\0").first.map(String.init) == name,
        let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
        let end = text.range(of: ") ", options: .backwards)
      else { return false }
      return text[end.upperBound...].split(separator: " ").dropFirst().first.flatMap { Int32($0) } == parent
    }
  }

  /// This process's children of that name.
  static func children(_ name: String) -> [Int32] {
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return all.compactMap(Int32.init).filter { pid in
      guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
        let end = text.range(of: ") ", options: .backwards), text.contains("(\(name.prefix(15)))")
      else { return false }
      return text[end.upperBound...].split(separator: " ").dropFirst().first.flatMap { Int32($0) } == getpid()
    }
  }

  /// How often each thread gave up the processor to wait, by thread: each time ends with a wake-up.
  static func voluntarySwitches(_ pid: Int32) throws -> [String: Double] {
    var switches: [String: Double] = [:]
    for thread in try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task") {
      // A thread may end between the listing and the reading.
      switches[thread] = try? number("voluntary_ctxt_switches", in: "/proc/\(pid)/task/\(thread)/status")
    }
    guard !switches.isEmpty else { throw Unmeasured("process \(pid) has no threads that can be read") }
    return switches
  }

  /// Wake-ups between two readings. A thread that ended meanwhile woke up once at least, and counts as that.
  static func wakeUps(from before: [String: Double], to after: [String: Double]) -> Double {
    let ended = before.keys.count { after[$0] == nil }
    return after.reduce(Double(ended)) { $0 + max(0, $1.value - (before[$1.key] ?? 0)) }
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
