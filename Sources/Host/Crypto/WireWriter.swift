/// Appends SSH's binary forms: big-endian uint32, and strings preceded by their length (RFC 4251 section 5).
struct WireWriter {
  private(set) var bytes: [UInt8]

  init(_ bytes: [UInt8] = [], capacity: Int = 0) {
    self.bytes = bytes
    self.bytes.reserveCapacity(capacity)
  }

  mutating func uint32(_ value: UInt32) {
    for shift in [24, 16, 8, 0] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
  }

  mutating func string(_ content: some Collection<UInt8>) {
    uint32(UInt32(clamping: content.count))
    bytes.append(contentsOf: content)
  }

  mutating func raw(_ content: some Collection<UInt8>) { bytes.append(contentsOf: content) }

  mutating func wipe() { bytes.wipe() }
}
