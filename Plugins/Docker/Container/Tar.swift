/// Writes a tar archive in the ustar form (POSIX.1-1988): regular files and folders that belong to root.
struct Tar {
  private var bytes: [UInt8] = []
  private let modified: Int64

  /// Begins an archive whose members were modified at seconds since 1970.
  init(modified: Int64) { self.modified = min(max(modified, 0), 0o77_777_777_777) }

  /// Adds a folder. Unpacked over one that is there, it gives it this mode.
  mutating func folder(_ path: String, mode: Int64) {
    header(path.hasSuffix("/") ? path : path + "/", mode: mode, size: 0, type: "5")
  }

  /// Adds a file; at most 8 GiB.
  mutating func file(_ path: String, mode: Int64, _ content: [UInt8]) {
    header(path, mode: mode, size: Int64(content.count), type: "0")
    bytes += content
    pad()
  }

  /// The whole archive: its members, and two empty blocks.
  var archive: [UInt8] { bytes + [UInt8](repeating: 0, count: 1_024) }

  private mutating func pad() {
    bytes += [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
  }

  /// One header block. Names are our own and short: at most 100 bytes.
  private mutating func header(_ name: String, mode: Int64, size: Int64, type: Character) {
    var block: [UInt8] = []
    func field(_ text: some Sequence<UInt8>, _ width: Int) {
      let content = text.prefix(width)
      block += content
      block += [UInt8](repeating: 0, count: width - Array(content).count)
    }
    func octal(_ value: Int64, _ width: Int) {
      let digits = String(value, radix: 8)
      field((String(repeating: "0", count: max(0, width - 1 - digits.utf8.count)) + digits).utf8, width)
    }
    field(name.utf8, 100)
    octal(mode, 8)
    octal(0, 8)
    octal(0, 8)
    octal(size, 12)
    octal(modified, 12)
    // The checksum is that of the header with spaces in its place.
    field(repeatElement(UInt8(ascii: " "), count: 8), 8)
    field(String(type).utf8, 1)
    field([], 100)
    field("ustar\0".utf8, 6)
    field("00".utf8, 2)
    field("root".utf8, 32)
    field("root".utf8, 32)
    field([], 8 + 8 + 155 + 12)
    let digits = String(block.reduce(0) { $0 + Int64($1) }, radix: 8)
    let checksum = Array((String(repeating: "0", count: max(0, 6 - digits.utf8.count)) + digits).utf8) + [0, 0x20]
    block.replaceSubrange(148..<156, with: checksum)
    bytes += block
  }
}
