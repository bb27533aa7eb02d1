import Glibc
package import Plugins
import Synchronization
import System

/// Counts the passages through the host's three choke points, and can end the host at one of them.
///
/// Set by the environment of tests: `SLIPWAY_CRASH_AT=n` kills the process with SIGKILL at its n-th passage, counted from 1;
/// `SLIPWAY_CRASH_LOG=file` appends a line for each passage. `SLIPWAY_CRASH_STORE=copied:2` does it at the second time that
/// a plugin file comes to that step on its way into the image store. None is set in production, and then a passage costs one load.
package final class CrashPoints: Sendable {
  /// The choke points.
  package enum Point: String, Sendable {
    case commitBegins = "commit begins"
    case commitDurable = "commit durable"
    case frameOut = "frame out"
    case frameIn = "frame in"
    case bytesOut = "bytes out"
    case bytesIn = "bytes in"
  }

  private let target: Int
  private let log: Descriptor?
  private let passages = Atomic<Int>(0)
  private let step: (name: String, count: Int)?
  private let steps = Atomic<Int>(0)
  private let isOn: Bool

  /// Reads the settings from an environment.
  package init(environment: [String: String]) {
    target = environment["SLIPWAY_CRASH_AT"].flatMap { Int($0) } ?? 0
    log = environment["SLIPWAY_CRASH_LOG"].flatMap { try? Descriptor.open($0, O_WRONLY | O_CREAT | O_APPEND) }
    isOn = target > 0 || log != nil
    let words = environment["SLIPWAY_CRASH_STORE"]?.split(separator: ":") ?? []
    step = words.count == 2 ? Int(words[1]).map { (String(words[0]), $0) } : nil
  }

  /// A step of the image store. Any thread. Does not return where it is the one to die at.
  package func pass(_ step: PluginStore.Step) {
    guard let wanted = self.step, wanted.name == step.rawValue else { return }
    if steps.add(1, ordering: .relaxed).newValue == wanted.count { kill(getpid(), SIGKILL) }
  }

  /// One passage. Any thread. Does not return where it is the one to die at.
  package func pass(_ point: Point) {
    guard isOn else { return }
    let number = passages.add(1, ordering: .relaxed).newValue
    if let log { try? log.writeAll(Array("\(number) \(point.rawValue)\n".utf8)) }
    if number == target { kill(getpid(), SIGKILL) }
  }
}
