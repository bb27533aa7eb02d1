import Glibc

/// Which network addresses the broker may connect to; pure.
///
/// The check is made on the address of each socket as it is opened and again on the connection that a request is about
/// to use, so neither a name that changes its address nor a pooled connection of another account gets around it.
package enum AddressRules {
  /// A numeric address.
  package enum Address: Sendable, Hashable {
    /// Four bytes, most significant first.
    case ipv4([UInt8])
    /// Sixteen bytes.
    case ipv6([UInt8])
    /// A Unix socket.
    case unix
    /// A family or form that the broker does not know.
    case unknown
  }

  /// What an address is for (IANA special-purpose address registries, RFC 6890 and successors).
  package enum Kind: String, Sendable, Hashable {
    /// This machine.
    case loopback
    /// A private, shared or benchmarking network.
    case privateNetwork = "private"
    /// The local link; metadata services answer there.
    case linkLocal = "link-local"
    /// Multicast, unspecified, documentation, future use.
    case reserved
    /// The internet.
    case global
  }

  /// Classifies an address; IPv6 forms that carry an IPv4 address count as that address.
  package static func kind(_ address: Address) -> Kind {
    switch address {
    case .ipv4(let bytes) where bytes.count == 4: kind4(bytes)
    case .ipv6(let bytes) where bytes.count == 16: kind6(bytes)
    case .ipv4, .ipv6, .unknown: .reserved
    case .unix: .loopback
    }
  }

  /// Why a connection to an address is refused for an endpoint, in a sentence; nil where it is allowed.
  package static func refusal(_ address: Address, endpoint: ApprovedEndpoint) -> String? {
    if endpoint.unixSocket != nil { return address == .unix ? nil : "expected a Unix socket" }
    if address == .unix { return "a Unix socket that the operator did not set" }
    if endpoint.proxy != nil { return nil }
    let kind = kind(address)
    if kind == .reserved { return "the name stands for a reserved address" }
    if kind != .global, !endpoint.operatorSet {
      return "the name stands for a \(kind.rawValue) address, which is allowed only where the operator set the endpoint"
    }
    if endpoint.base.origin.scheme == .http, kind != .loopback { return "plain http is allowed only to loopback" }
    return nil
  }

  private static func kind4(_ a: [UInt8]) -> Kind {
    switch (a[0], a[1], a[2]) {
    case (127, _, _): .loopback
    case (10, _, _), (172, 16...31, _), (192, 168, _), (100, 64...127, _), (198, 18...19, _): .privateNetwork
    case (169, 254, _): .linkLocal
    case (0, _, _), (224...255, _, _), (192, 0, 0), (192, 0, 2), (198, 51, 100), (203, 0, 113), (192, 88, 99): .reserved
    default: .global
    }
  }

  private static func kind6(_ a: [UInt8]) -> Kind {
    let isZero10 = a[..<10].allSatisfy { $0 == 0 }
    if isZero10, a[10] == 0xff, a[11] == 0xff { return kind4(Array(a[12...])) }
    if isZero10, a[10] == 0, a[11] == 0 {
      let low = Array(a[12...])
      if low == [0, 0, 0, 1] { return .loopback }
      return low == [0, 0, 0, 0] ? .reserved : kind4(low)
    }
    switch (a[0], a[1]) {
    case (0x00, 0x64) where a[2] == 0xff && a[3] == 0x9b: return a[4] == 0 ? kind4(Array(a[12...])) : .privateNetwork
    case (0x20, 0x02): return kind4(Array(a[2..<6]))
    case (0x20, 0x01) where a[2] == 0x0d && a[3] == 0xb8: return .reserved
    case (0x20, 0x01) where a[2] < 2: return .reserved
    case (0xfc...0xfd, _): return .privateNetwork
    case (0xfe, 0x80...0xbf): return .linkLocal
    case (0xfe, 0xc0...0xff): return .privateNetwork
    case (0x20...0x3f, _): return .global
    default: return .reserved
    }
  }
}

extension AddressRules.Address {
  /// Reads an address in its numeric form; nil for anything else.
  init?(numeric text: String) {
    var four = [UInt8](repeating: 0, count: 4)
    var sixteen = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, text, &four) == 1 {
      self = .ipv4(four)
    } else if inet_pton(AF_INET6, text, &sixteen) == 1 {
      self = .ipv6(sixteen)
    } else {
      return nil
    }
  }

  /// Reads the host of an origin where it is an address, an IPv6 one in brackets; nil where it is a name.
  init?(literal host: String) {
    self.init(numeric: host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host)
  }
}
