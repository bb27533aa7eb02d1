import Crypto
import Glibc
import System

/// Where the operator's pins and keys are; read anew for every image, so that a change counts at once.
package struct TrustFiles: Sendable, Hashable {
  /// `plugins.lock`; nil: no pins are asked for.
  package var pins: String?
  /// Public keys; nil: no signatures are asked for.
  package var keys: String?

  /// Names files; nil for what is not asked for.
  package init(pins: String? = nil, keys: String? = nil) {
    self.pins = pins
    self.keys = keys
  }

  /// Reads both. A file that cannot be read lets nothing in. Blocks on the disk.
  func read() throws(TrustFault) -> PluginTrust {
    var trust = PluginTrust()
    if let pins {
      trust.pins = try named(pins) { (text) throws(TrustFault) in try PluginTrust.pins(text) }
    }
    if let keys {
      trust.keys = try named(keys) { (text) throws(TrustFault) in try PluginTrust.keys(text) }
    }
    return trust
  }

  private func named<Value>(
    _ path: String, _ parse: (String) throws(TrustFault) -> Value
  ) throws(TrustFault) -> Value {
    let text: String
    do throws(SystemError) {
      let source = try Descriptor.open(path, O_RDONLY | O_NONBLOCK)
      var bytes: [UInt8] = []
      while bytes.count < 1 << 20, case .bytes(let more) = try source.receive(atMost: 64 << 10) { bytes += more }
      text = String(decoding: bytes, as: UTF8.self)
    } catch {
      throw TrustFault("\(path), which the configuration names, cannot be read: \(error); no plugin is let in")
    }
    do throws(TrustFault) { return try parse(text) } catch {
      throw TrustFault("\(path): \(error.text); no plugin is let in")
    }
  }
}
