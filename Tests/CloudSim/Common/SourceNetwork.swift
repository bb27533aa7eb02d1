/// Where requests may come from: an IPv4 network, or one address of any kind.
package struct SourceNetwork: Sendable, Hashable {
  /// As it was written.
  package let text: String
  private let network: (base: UInt32, mask: UInt32)?

  /// Parses `192.0.2.0/24`, `192.0.2.1` or an IPv6 address; nil for anything else.
  package init?(_ text: String) {
    self.text = text
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    if let base = SourceNetwork.number(parts[0]) {
      guard let length = parts.count == 1 ? 32 : UInt32(parts[1]), length <= 32 else { return nil }
      let mask = length == 0 ? 0 : UInt32.max << (32 - length)
      network = (base & mask, mask)
    } else {
      guard parts.count == 1, text.contains(":"), text.utf8.allSatisfy({ SourceNetwork.isHexOrColon($0) }) else {
        return nil
      }
      network = nil
    }
  }

  /// Whether an address is in the network.
  package func contains(_ address: String) -> Bool {
    guard let network else { return address == text }
    return SourceNetwork.number(address[...]).map { $0 & network.mask == network.base } ?? false
  }

  private static func number(_ text: Substring) -> UInt32? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let bytes = parts.compactMap { UInt8($0) }
    guard parts.count == 4, bytes.count == 4 else { return nil }
    return bytes.reduce(0) { $0 << 8 | UInt32($1) }
  }

  private static func isHexOrColon(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) || (0x41...0x46).contains(byte) || byte == 0x3A
  }

  /// Equality of what was written.
  package static func == (a: SourceNetwork, b: SourceNetwork) -> Bool { a.text == b.text }
  /// Hash of what was written.
  package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
