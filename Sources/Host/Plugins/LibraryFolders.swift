import Glibc

/// Folders in which a plugin's libraries may lie: where the system's loader looks, and the host's own Swift runtime.
///
/// Never what a plugin's RUNPATH names: that is the plugin's word.
package enum LibraryFolders {
  /// The folders of this machine, without repetition.
  package static func standard() -> [String] {
    var folders = cached(bytes(of: "/etc/ld.so.cache"))
    // A system without a cache looks here.
    if folders.isEmpty { folders = ["/lib", "/lib64", "/usr/lib", "/usr/lib64"] }
    return folders + runtime().filter { !folders.contains($0) }
  }

  /// The folder of the Swift runtime that this process runs on; none where it is linked statically.
  package static func runtime() -> [String] {
    let maps = String(decoding: bytes(of: "/proc/self/maps"), as: UTF8.self)
    guard let line = maps.split(separator: "\n").first(where: { $0.hasSuffix("/libswiftCore.so") }),
      let start = line.firstIndex(of: "/")
    else { return [] }
    return folder(of: String(line[start...])).map { [$0] } ?? []
  }

  /// Folders of the libraries in a loader cache, in the format of glibc 2.2 and newer ("glibc-ld.so.cache1.1": a
  /// header of 48 bytes with the number of entries at 20, then 24 bytes each, with the path's offset at 8).
  package static func cached(_ cache: [UInt8]) -> [String] {
    guard cache.starts(with: Array("glibc-ld.so.cache1.1".utf8)), let count = number(cache, at: 20) else { return [] }
    var folders: [String] = []
    for entry in 0..<min(count, 100_000) {
      guard let offset = number(cache, at: 48 + entry * 24 + 8), offset < cache.count else { break }
      let path = String(decoding: cache[offset...].prefix(4096).prefix { $0 != 0 }, as: UTF8.self)
      if let folder = folder(of: path), !folders.contains(folder) { folders.append(folder) }
    }
    return folders
  }

  /// Nil for what would open the whole file system, or could not be handed on.
  private static func folder(of path: String) -> String? {
    guard path.hasPrefix("/"), !path.contains(":"), let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
      return nil
    }
    return String(path[..<slash])
  }

  private static func number(_ bytes: [UInt8], at offset: Int) -> Int? {
    guard offset >= 0, offset + 4 <= bytes.count else { return nil }
    return bytes[offset..<(offset + 4)].reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  private static func bytes(of path: String) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    var all: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    while all.count < 16 << 20 {
      let got = read(descriptor, &piece, piece.count)
      if got <= 0 { break }
      all += piece[..<got]
    }
    return all
  }
}
