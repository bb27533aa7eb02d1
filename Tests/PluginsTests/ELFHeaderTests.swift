import Plugins
import Testing

@Suite struct ELFHeaderTests {
  /// A minimal shared object's header with its section headers at 64.
  private func header(machine: UInt16 = 62, type: UInt8 = 3, sections: UInt64 = 64, count: UInt8 = 2) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 64)
    bytes.replaceSubrange(0..<6, with: [0x7F, 0x45, 0x4C, 0x46, 2, 1])
    bytes[16] = type
    bytes[18] = UInt8(machine & 0xff)
    bytes[19] = UInt8(machine >> 8)
    for index in 0..<8 { bytes[40 + index] = UInt8(truncatingIfNeeded: sections >> UInt64(8 * index)) }
    bytes[58] = 64
    bytes[60] = count
    return bytes
  }

  @Test func `a whole object for this machine is accepted and one byte less is not`() throws {
    #expect(try ELFHeader(header(), fileSize: 192, machine: 62).expectedSize == 192)
    #expect(throws: ELFFault.truncated(expected: 192, found: 191)) {
      try ELFHeader(header(), fileSize: 191, machine: 62)
    }
  }

  @Test func `a segment beyond the end of the file is found before the loader maps it`() throws {
    var bytes = header(sections: 0, count: 0) + [UInt8](repeating: 0, count: 56)
    (bytes[32], bytes[54], bytes[56]) = (64, 56, 1)
    (bytes[64 + 8], bytes[64 + 33]) = (100, 2)  // 512 bytes from 100
    #expect(try ELFHeader(bytes, fileSize: 612, machine: 62).expectedSize == 612)
    #expect(throws: ELFFault.truncated(expected: 612, found: 611)) { try ELFHeader(bytes, fileSize: 611, machine: 62) }
    bytes[56] = 2
    #expect(throws: ELFFault.oddSegments) { try ELFHeader(bytes, fileSize: 612, machine: 62) }
    for index in 32..<40 { bytes[index] = 0xFF }
    #expect(throws: ELFFault.truncated(expected: .max, found: 612)) { try ELFHeader(bytes, fileSize: 612, machine: 62) }
  }

  @Test func `each kind of wrong file has a fault of its own`() {
    #expect(throws: ELFFault.empty) { try ELFHeader([], fileSize: 0) }
    #expect(throws: ELFFault.text) { try ELFHeader(Array("int main;\n".utf8), fileSize: 10) }
    #expect(throws: ELFFault.notELF) { try ELFHeader([1, 2, 3], fileSize: 3) }
    #expect(throws: ELFFault.truncated(expected: 64, found: 10)) {
      try ELFHeader(Array(header().prefix(10)), fileSize: 10)
    }
    #expect(throws: ELFFault.otherMachine(183, wanted: 62)) {
      try ELFHeader(header(machine: 183), fileSize: 192, machine: 62)
    }
    #expect(throws: ELFFault.notShared(type: 2)) { try ELFHeader(header(type: 2), fileSize: 192, machine: 62) }
    #expect(throws: ELFFault.truncated(expected: .max, found: 192)) {
      try ELFHeader(header(sections: .max), fileSize: 192, machine: 62)
    }
  }

  @Test(arguments: 1...20) func `no bytes can do more than be refused`(seed: UInt64) {
    var random = Seeded(state: seed)
    for _ in 0..<500 {
      var bytes = header()
      for _ in 0..<(random.next() % 12) { bytes[Int(random.next() % 64)] = UInt8(truncatingIfNeeded: random.next()) }
      let cut = Array(bytes.prefix(Int(random.next() % 65)))
      let size = random.next() % 3 == 0 ? UInt64(cut.count) : random.next()
      let header = try? ELFHeader(cut, fileSize: size)
      if let header { #expect(header.expectedSize <= size) }
    }
  }
}
