import System

/// What a worker said of a fatal signal just before it died of it; the plugin shares its process and may have lied.
package struct WorkerCrash: Sendable, Hashable {
  /// The signal.
  package let signal: Int32
  /// The address that was touched; nil where the signal was sent by a process, as abort does.
  package let address: UInt64?
  /// The verb whose call ran on the thread; nil where that was a thread of the plugin's own.
  package let verb: PluginVerb?
  /// That call's number on the wire; 0 for none.
  package let call: UInt64

  /// Reads the worker's line (end.c, on_fatal); nil for any other.
  init?(_ line: String) {
    let prefix = "slipway-worker: fatal "
    guard line.hasPrefix(prefix) else { return nil }
    var numbers: [Substring: UInt64] = [:]
    for word in line.dropFirst(prefix.count).split(separator: " ") {
      let parts = word.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let number = UInt64(parts[1], radix: 16) else { return nil }
      numbers[parts[0]] = number
    }
    guard let signal = numbers["signal"].flatMap({ Int32(exactly: $0) }), let call = numbers["call"],
      let verb = numbers["verb"]
    else { return nil }
    self.signal = signal
    self.call = call
    address = numbers["address"]
    self.verb = call == 0 ? nil : UInt8(exactly: verb).flatMap(PluginVerb.init(rawValue:))
  }

  /// For people, after the signal's name.
  var text: String {
    (address.map { " at address 0x\(String($0, radix: 16))" } ?? "")
      + (verb.map { " in \($0.name), call \(call)" } ?? " outside of any call")
  }
}

/// How a worker that should have gone on ended.
package struct PluginEnd: Sendable, Hashable {
  /// Wall clock, milliseconds since 1970.
  package let at: Int64
  /// One sentence for people.
  package let reason: String
  /// The signal that ended it, or nil.
  package let signal: Int32?
  /// What the worker said of it, where that fits.
  package let crash: WorkerCrash?
  /// Calls that were under way, such as `poll`, in order.
  package let calls: [String]
}
