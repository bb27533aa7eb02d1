import Glibc
import System

/// The other end of a TCP connection, for people: `127.0.0.1:4711` or `[::1]:4711`; `tcp` where the kernel cannot tell.
func peerAddress(of socket: Descriptor) -> String {
  var storage = sockaddr_storage()
  var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
  let result = withUnsafeMutablePointer(to: &storage) { pointer in
    // sockaddr_storage is made to be read as any sockaddr.
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      getpeername(socket.raw, __SOCKADDR_ARG(__sockaddr__: $0), &length)
    }
  }
  guard result == 0 else { return "tcp" }
  let raw = withUnsafeBytes(of: &storage) { Array($0) }
  let port = UInt16(raw[2]) << 8 | UInt16(raw[3])
  // sockaddr_in: family, port, 4 bytes. sockaddr_in6: family, port, flow, 16 bytes.
  let isOld = Int32(storage.ss_family) == AF_INET
  let bytes = isOld ? Array(raw[4..<8]) : Array(raw[8..<24])
  if isOld { return "\(bytes.map(String.init).joined(separator: ".")):\(port)" }
  var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
  guard inet_ntop(AF_INET6, bytes, &text, socklen_t(text.count)) != nil else { return "tcp" }
  return "[\(String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))]:\(port)"
}
