import CLinux
import Glibc

/// A numeric internet address and a port.
package struct SocketAddress: Sendable, Hashable {
  /// 4 bytes for IPv4, 16 for IPv6, in network order.
  package let bytes: [UInt8]
  /// TCP port.
  package let port: UInt16

  /// Reads a numeric address, such as `127.0.0.1` or `::1`; nil for anything else, also for host names.
  package init?(_ host: String, port: UInt16) {
    self.port = port
    var buffer = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, host, &buffer) == 1 {
      bytes = Array(buffer.prefix(4))
    } else if inet_pton(AF_INET6, host, &buffer) == 1 {
      bytes = buffer
    } else {
      return nil
    }
  }

  /// The address without its port, in canonical form.
  package var host: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let found = bytes.withUnsafeBytes {
      inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, $0.baseAddress, &text, socklen_t(text.count)) != nil
    }
    return found ? String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self) : ""
  }

  /// Whether packets to it stay on this machine.
  package var isLoopback: Bool {
    bytes.count == 4 ? bytes.first == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
  }

  var family: Int32 { bytes.count == 4 ? AF_INET : AF_INET6 }

  init?(_ storage: sockaddr_storage) {
    var storage = storage
    let raw = withUnsafeBytes(of: &storage) { Array($0) }
    // sockaddr_in: family, port, 4 bytes. sockaddr_in6: family, port, flow, 16 bytes.
    switch Int32(storage.ss_family) {
    case AF_INET: bytes = Array(raw[4..<8])
    case AF_INET6: bytes = Array(raw[8..<24])
    default: return nil
    }
    port = UInt16(raw[2]) << 8 | UInt16(raw[3])
  }

  /// The form for system calls and its length in bytes.
  var storage: (sockaddr_storage, socklen_t) {
    var storage = sockaddr_storage()
    storage.ss_family = sa_family_t(family)
    withUnsafeMutableBytes(of: &storage) { raw in
      raw[2] = UInt8(port >> 8)
      raw[3] = UInt8(port & 0xff)
      let start = bytes.count == 4 ? 4 : 8
      for (offset, byte) in bytes.enumerated() { raw[start + offset] = byte }
    }
    let size = bytes.count == 4 ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
    return (storage, socklen_t(size))
  }
}

extension SocketAddress: CustomStringConvertible {
  /// Address and port, such as `127.0.0.1:22` or `[::1]:22`.
  package var description: String { bytes.count == 4 ? "\(host):\(port)" : "[\(host)]:\(port)" }
}
