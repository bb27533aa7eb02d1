import CCurl
import Glibc

/// libcurl's callbacks: each finds its transfer behind the context pointer and asks it.
///
/// The pointer is unretained: the broker's loop owns the transfer and destroys the handle first, and libcurl calls back
/// only on the broker's thread.
enum CurlCallbacks {
  /// CURLOPT_OPENSOCKETFUNCTION.
  static let socket: curl_opensocket_callback = { context, _, address in
    guard let context, let address, let transfer = CurlCallbacks.transfer(context) else { return curl_socket_t(-1) }
    guard transfer.allowsSocket(to: CurlCallbacks.address(address)) else { return curl_socket_t(-1) }
    let type = address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
    return Glibc.socket(address.pointee.family, type, address.pointee.protocol)
  }

  /// CURLOPT_PREREQFUNCTION.
  static let request: curl_prereq_callback = { context, remote, _, _, _ in
    guard let context, let transfer = CurlCallbacks.transfer(context) else { return CURL_PREREQFUNC_ABORT }
    let address = remote.map { CurlCallbacks.address(text: $0) } ?? .unix
    return transfer.willSend(to: address) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
  }

  /// CURLOPT_HEADERFUNCTION.
  static let header: curl_write_callback = { bytes, size, count, context in
    guard let context, let transfer = CurlCallbacks.transfer(context) else { return 0 }
    let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
    return transfer.didReceive(line: line) ? line.count : 0
  }

  /// CURLOPT_WRITEFUNCTION.
  static let body: curl_write_callback = { bytes, size, count, context in
    guard let context, let transfer = CurlCallbacks.transfer(context) else { return 0 }
    let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
    switch transfer.didReceive(piece: piece) {
    case .taken: return piece.count
    case .pause: return Int(CURL_WRITEFUNC_PAUSE)
    case .end: return piece.isEmpty ? 1 : 0
    }
  }

  private static func transfer(_ context: UnsafeMutableRawPointer) -> Transfer? {
    Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
  }

  /// The address that a socket is about to be connected to.
  static func address(_ found: UnsafeMutablePointer<curl_sockaddr>) -> AddressRules.Address {
    // libcurl stores `addrlen` bytes of socket address in the last member.
    guard let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) else { return .unknown }
    let bytes = UnsafeRawBufferPointer(
      start: UnsafeRawPointer(found) + offset, count: Int(found.pointee.addrlen))
    switch found.pointee.family {
    case AF_INET where bytes.count >= 8: return .ipv4(Array(bytes[4..<8]))
    case AF_INET6 where bytes.count >= 24: return .ipv6(Array(bytes[8..<24]))
    case AF_UNIX: return .unix
    default: return .unknown
    }
  }

  /// The address of a connection; libcurl gives the path of a Unix socket.
  private static func address(text: UnsafePointer<CChar>) -> AddressRules.Address {
    if text.pointee == 0 || text.pointee == CChar(UInt8(ascii: "/")) { return .unix }
    return AddressRules.Address(numeric: String(cString: text)) ?? .unknown
  }
}
