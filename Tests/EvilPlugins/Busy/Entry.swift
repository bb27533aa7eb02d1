import Dispatch
import Foundation
public import PluginABI
import Synchronization

/// A plugin that uses what Swift plugins use: Foundation, tasks, and many blocked Dispatch blocks.
///
/// A request is one word: `foundation`, `task`, `dispatch` or `trap`; the reply says what came of it.
@c(slipway_plugin_entry)
public func entry(_ host: UnsafePointer<slipway_host>?) -> UnsafePointer<slipway_plugin>? {
  Busy.host.withLock { $0 = UInt(bitPattern: host) }
  let version: UInt32 = 0x1_0000
  var table = slipway_plugin()
  table.struct_size = UInt32(MemoryLayout<slipway_plugin>.size)
  (table.abi_min, table.abi_max, table.abi_chosen) = (version, version, version)
  table.id = Busy.eternal("busy")
  table.version = Busy.eternal("1.0.0")
  table.manifest = Busy.eternal(#"{"id":"busy","name":"Busy","version":"1.0.0"}"#)
  let verb: slipway_verb = { Busy.answer($0, $1) }
  (table.validate, table.prepare, table.provision, table.poll) = (verb, verb, verb, verb)
  (table.terminate, table.list, table.catalog, table.self_test) = (verb, verb, verb, verb)
  let place = UnsafeMutablePointer<slipway_plugin>.allocate(capacity: 1)
  place.initialize(to: table)
  return UnsafePointer(place)
}

private enum Busy {
  static let host = Mutex<UInt>(0)

  /// Bytes that live as long as the process.
  static func eternal(_ text: String) -> slipway_span {
    let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: text.utf8.count)
    _ = bytes.initialize(from: text.utf8)
    return slipway_span(bytes: UnsafePointer(bytes.baseAddress), length: UInt64(bytes.count))
  }

  static func answer(_ call: OpaquePointer?, _ request: slipway_span) {
    let word = String(
      decoding: UnsafeBufferPointer(start: request.bytes, count: Int(request.length)), as: UTF8.self)
    let reply =
      switch word {
      case "foundation": foundation()
      case "task": task()
      case "dispatch": dispatch()
      case "trap": "\([1, 2][word.count])"
      default: word
      }
    let table = UnsafePointer<slipway_host>(bitPattern: host.withLock { $0 })
    Array(reply.utf8).withUnsafeBufferPointer { bytes in
      _ = table?.pointee.reply?(call, slipway_span(bytes: bytes.baseAddress, length: UInt64(bytes.count)))
    }
  }

  private static func foundation() -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(secondsFromGMT: 0)
    formatter.dateFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'"
    let date = formatter.string(from: Date(timeIntervalSince1970: 1_000_000_000))
    let json = try? JSONSerialization.data(withJSONObject: ["a": [1, 2, 3]])
    let found = "id-42".range(of: "[0-9]+", options: .regularExpression) != nil
    let url = URL(string: "https://api.example.test/v1?x=1")?.host ?? "none"
    let file = FileManager.default.contents(atPath: "/etc/passwd") == nil ? "denied" : "read"
    let processors = ProcessInfo.processInfo.activeProcessorCount > 0
    return "\(date) \(json?.count ?? 0) \(found) \(url) \(file) \(processors)"
  }

  private static func task() -> String {
    let done = DispatchSemaphore(value: 0)
    let sum = Mutex(0)
    Task.detached {
      let total = await withTaskGroup(of: Int.self) { group in
        for number in 1...100 {
          group.addTask {
            await Task.yield()
            return number
          }
        }
        return await group.reduce(0, +)
      }
      sum.withLock { $0 = total }
      done.signal()
    }
    done.wait()
    return "\(sum.withLock { $0 })"
  }

  private static func dispatch() -> String {
    // The shared queue gets one more thread each second in which libdispatch finds its threads blocked, which it reads
    // in /proc; a queue of one's own gets its thread at once.
    let shared = (0..<4).map { _ in DispatchQueue.global() }
    return "\(meet(shared)) and \(meet((0..<16).map { DispatchQueue(label: "queue \($0)") })) at once"
  }

  /// Every block waits until all are there: each needs a thread of its own.
  private static func meet(_ queues: [DispatchQueue]) -> Int {
    let (arrived, go, over) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0), DispatchGroup())
    for queue in queues {
      queue.async(group: over) {
        arrived.signal()
        go.wait()
      }
    }
    for _ in queues { arrived.wait() }
    for _ in queues { go.signal() }
    over.wait()
    return queues.count
  }
}
