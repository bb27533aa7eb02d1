/// What the first bytes of a plugin file say, read without running or mapping anything.
///
/// Pure; the layout is that of elf(5) for 64-bit files.
package struct ELFHeader: Sendable, Hashable {
  /// Bytes of the header.
  package static let size = 64
  /// Bytes of a file that `init` wants to see: linkers put the program headers right behind the header.
  package static let prefix = 64 << 10
  /// The machine's number, e_machine.
  package let machine: UInt16
  /// Bytes that the file must have to hold its section headers.
  package let expectedSize: UInt64

  /// Reads the header of a file of `fileSize` bytes that begins with `bytes`.
  /// - Throws: `ELFFault`, for every content of `bytes`.
  package init(_ bytes: [UInt8], fileSize: UInt64, machine wanted: UInt16 = ELFHeader.hostMachine) throws(ELFFault) {
    if fileSize == 0 { throw .empty }
    guard bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else {
      throw Self.looksLikeText(bytes) ? .text : .notELF
    }
    guard bytes.count >= Self.size, fileSize >= UInt64(Self.size) else {
      throw .truncated(expected: UInt64(Self.size), found: fileSize)
    }
    guard bytes[4] == 2, bytes[5] == 1 else { throw .otherClass(bits: bytes[4] == 1 ? 32 : 64, little: bytes[5] == 1) }
    machine = UInt16(Self.number(bytes, at: 18, width: 2))
    if machine != wanted { throw .otherMachine(machine, wanted: wanted) }
    let type = UInt16(Self.number(bytes, at: 16, width: 2))
    if type != 3 { throw .notShared(type: type) }
    let sections = Self.number(bytes, at: 40, width: 8)
    let table = Self.number(bytes, at: 58, width: 2) * Self.number(bytes, at: 60, width: 2)
    let (end, overflow) = sections.addingReportingOverflow(table)
    if overflow || end > fileSize { throw .truncated(expected: overflow ? .max : end, found: fileSize) }
    expectedSize = try max(end, Self.endOfSegments(bytes, fileSize: fileSize))
  }

  /// The loader maps what the program headers say; beyond the file's end that would be SIGBUS instead of an error.
  private static func endOfSegments(_ bytes: [UInt8], fileSize: UInt64) throws(ELFFault) -> UInt64 {
    let (table, width) = (number(bytes, at: 32, width: 8), number(bytes, at: 54, width: 2))
    let (length, count) = (width * number(bytes, at: 56, width: 2), number(bytes, at: 56, width: 2))
    let (end, overflow) = table.addingReportingOverflow(length)
    if overflow || end > fileSize { throw .truncated(expected: overflow ? .max : end, found: fileSize) }
    if count > 0, width != 56 || end > UInt64(bytes.count) { throw .oddSegments }
    var last = end
    for entry in 0..<Int(count) {
      // In bounds: the table's end is.
      let at = Int(table) + entry * 56
      let (end, overflow) = number(bytes, at: at + 8, width: 8)
        .addingReportingOverflow(number(bytes, at: at + 32, width: 8))
      if overflow || end > fileSize { throw .truncated(expected: overflow ? .max : end, found: fileSize) }
      last = max(last, end)
    }
    return last
  }

  /// e_machine of the machine that this host was built for.
  package static var hostMachine: UInt16 {
    #if arch(x86_64)
      62
    #elseif arch(arm64)
      183
    #elseif arch(riscv64)
      243
    #else
      0
    #endif
  }

  /// The machine's name, such as `x86-64`.
  package static func name(machine: UInt16) -> String {
    switch machine {
    case 3: "x86 (32 bit)"
    case 8: "MIPS"
    case 20: "PowerPC (32 bit)"
    case 21: "PowerPC"
    case 22: "S390"
    case 40: "ARM (32 bit)"
    case 62: "x86-64"
    case 183: "AArch64"
    case 243: "RISC-V"
    case 258: "LoongArch"
    default: "machine \(machine)"
    }
  }

  private static func number(_ bytes: [UInt8], at offset: Int, width: Int) -> UInt64 {
    bytes.dropFirst(offset).prefix(width).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func looksLikeText(_ bytes: [UInt8]) -> Bool {
    !bytes.isEmpty && bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
  }
}

/// Why a file cannot be a plugin for this machine.
package enum ELFFault: Error, Sendable, Hashable {
  case empty
  case text
  case notELF
  case truncated(expected: UInt64, found: UInt64)
  case otherClass(bits: Int, little: Bool)
  case otherMachine(UInt16, wanted: UInt16)
  case notShared(type: UInt16)
  case oddSegments
}

extension ELFFault: CustomStringConvertible {
  /// Expected, found and remedy, for the operator.
  package var description: String {
    switch self {
    case .empty: "is empty; expected a shared object; copy it here again"
    case .text: "is a text file; expected a shared object (ELF); build the plugin and copy its .so here"
    case .notELF: "is not a shared object (ELF); build the plugin and copy its .so here"
    case .truncated(let expected, let found):
      "is cut short: expected at least \(expected) bytes, found \(found); copy it here again"
    case .otherClass(let bits, let little):
      "is a \(bits)-bit \(little ? "little" : "big")-endian object; expected 64-bit little-endian; build the plugin for this machine"
    case .otherMachine(let found, let wanted):
      "is built for \(ELFHeader.name(machine: found)); expected \(ELFHeader.name(machine: wanted)); build the plugin for this machine"
    case .notShared(let type):
      "is no shared object (ELF type \(type), expected 3); link the plugin with -shared"
    case .oddSegments:
      "has program headers of another form than linkers write, or beyond its first 64 KiB; link the plugin again"
    }
  }
}
