/// IPv4 addresses that a cloud hands out: the one that was free for longest comes next.
package struct AddressPool: Sendable, Hashable {
  private let base: UInt32
  private let size: UInt32
  private var fresh: UInt32 = 0
  private var returned: [UInt32] = []
  private var head = 0

  /// Addresses `base + 1` to `base + size`.
  package init(base: UInt32, size: UInt32) {
    self.base = base
    self.size = size
  }

  /// 198.18.0.0/15, reserved for benchmarks (RFC 2544): nothing ever answers there.
  package static let silent = AddressPool(base: 198 << 24 | 18 << 16, size: 131_070)

  /// 254 addresses of the loopback network that depend on a port: two simulators on one machine, which
  /// cannot listen on the same port, never share one.
  package static func loopback(port: UInt16) -> AddressPool {
    AddressPool(base: 127 << 24 | UInt32(max(256, port)) << 8, size: 254)
  }

  /// Takes an address; nil where all are in use.
  package mutating func take() -> String? {
    if fresh < size {
      fresh += 1
      return AddressPool.text(base &+ fresh)
    }
    guard head < returned.count else { return nil }
    head += 1
    return AddressPool.text(returned[head - 1])
  }

  /// Gives an address back.
  package mutating func give(_ address: String) {
    let parts = address.split(separator: ".").compactMap { UInt32($0) }
    guard parts.count == 4 else { return }
    let value = parts.reduce(0) { $0 << 8 | ($1 & 255) }
    guard value > base, value <= base &+ size else { return }
    returned.append(value)
    if head > 1000, head * 2 > returned.count {
      returned.removeFirst(head)
      head = 0
    }
  }

  private static func text(_ value: UInt32) -> String {
    "\(value >> 24).\(value >> 16 & 255).\(value >> 8 & 255).\(value & 255)"
  }
}
