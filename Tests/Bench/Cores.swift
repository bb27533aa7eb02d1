import Foundation
import Glibc

/// Which processors threads run on, so that what is compared runs on the same ones.
enum Cores {
  /// Where the two sides of a conversation run.
  struct Pair: Sendable {
    let name: String
    let near: [Int]
    let far: [Int]
  }

  /// Those that this process may use, lowest first; read before anything is bound.
  static let all: [Int] = {
    var set = cpu_set_t()
    guard sched_getaffinity(0, MemoryLayout<cpu_set_t>.size, &set) == 0 else { return [0] }
    return withUnsafeBytes(of: &set) { bytes in
      (0..<bytes.count * 8).filter { bytes[$0 / 8] & (1 << UInt8($0 % 8)) != 0 }
    }
  }()

  /// Both sides on one processor; and one each, where there are two.
  static var pairs: [Pair] {
    let first = Pair(name: "on one core", near: [all[0]], far: [all[0]])
    return all.count < 2 ? [first] : [first, Pair(name: "a core each", near: [all[0]], far: [all[1]])]
  }

  /// Binds the calling thread.
  static func bind(to cores: [Int]) throws { try bind(thread: 0, to: cores) }

  /// Binds the threads of a process; one that starts later runs where the one does that starts it.
  static func bind(process pid: Int32, to cores: [Int]) throws {
    for thread in try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task").compactMap(Int32.init) {
      try bind(thread: thread, to: cores)
    }
  }

  private static func bind(thread: Int32, to cores: [Int]) throws {
    var set = cpu_set_t()
    withUnsafeMutableBytes(of: &set) { bytes in
      for core in cores { bytes[core / 8] |= 1 << UInt8(core % 8) }
    }
    guard sched_setaffinity(thread, MemoryLayout<cpu_set_t>.size, &set) == 0 else {
      throw Unmeasured("thread \(thread) cannot be bound to the processors \(cores): errno \(errno)")
    }
  }
}
