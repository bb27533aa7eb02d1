import Glibc
import System

/// Reads the small files that commands take: credentials, keys, offerings.
package enum InputFile {
  /// The path from the root, where it is one from this directory.
  static func absolute(_ path: String) -> String {
    guard !path.hasPrefix("/") else { return path }
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    guard getcwd(&buffer, buffer.count) != nil else { return path }
    let folder = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return "\(folder)/\(path.hasPrefix("./") ? String(path.dropFirst(2)) : path)"
  }

  /// The whole file, or standard input for `-`; at most `limit` bytes.
  package static func read(_ path: String, what: String, limit: Int) throws(CommandFailure) -> [UInt8] {
    guard path != "-" else { return try contents(of: 0, name: "standard input", what: what, limit: limit) }
    let descriptor: Descriptor
    do { descriptor = try Descriptor.open(path, O_RDONLY) } catch {
      throw CommandFailure.usage(
        "the \(what) \(Secrecy.shown(path)) cannot be read", expected: "a readable file", found: error.text,
        remedy: Secrecy.looksSecret(path)
          ? "name a file; the \(what) itself must not stand there" : "check its path and mode")
    }
    return try contents(of: descriptor.raw, name: Plain.text(path), what: what, limit: limit)
  }

  /// Reads one line from the terminal without showing it.
  package static func hiddenLine(limit: Int) throws(CommandFailure) -> [UInt8] {
    var before = termios()
    guard tcgetattr(0, &before) == 0 else {
      return try contents(of: 0, name: "the terminal", what: "line", limit: limit)
    }
    var silent = before
    silent.c_lflag &= ~tcflag_t(ECHO)
    tcsetattr(0, TCSAFLUSH, &silent)
    defer { tcsetattr(0, TCSAFLUSH, &before) }
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while line.count < limit, Glibc.read(0, &byte, 1) == 1, byte != 10 { line.append(byte) }
    return line
  }

  /// Whether others than its owner may read the file; false where that cannot be said.
  package static func isSharedWithOthers(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_mode & 0o077 != 0
  }

  private static func contents(of descriptor: Int32, name: String, what: String, limit: Int) throws(CommandFailure)
    -> [UInt8]
  {
    var result: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(descriptor, &piece, piece.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else {
        throw CommandFailure.usage(
          "the \(what) \(name) cannot be read", expected: "a readable file", found: String(cString: strerror(errno)))
      }
      if count == 0 { return result }
      result += piece.prefix(count)
      guard result.count <= limit else {
        throw CommandFailure.usage("the \(what) \(name) is too long", expected: "at most \(limit) bytes", found: "more")
      }
    }
  }
}
