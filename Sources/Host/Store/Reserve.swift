import Glibc
import System

/// A file of nothing that is given up when the disk is full, so that what must be stored still can be.
struct Reserve: Sendable {
  let path: String
  let bytes: Int

  /// Whether the room is set aside.
  private(set) var isHeld = false

  init(path: String, bytes: Int) {
    self.path = path
    self.bytes = bytes
  }

  /// Sets the room aside, where the disk has twice as much; false where it has not.
  mutating func hold() -> Bool {
    if isHeld || bytes <= 0 { return true }
    guard let file = try? Descriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600) else { return false }
    var found = stat()
    if fstat(file.raw, &found) == 0, Int(found.st_blocks) * 512 >= bytes {
      isHeld = true
      return true
    }
    isHeld = hasRoom(file) && posix_fallocate(file.raw, 0, off_t(bytes)) == 0
    if !isHeld { unlink(path) }
    return isHeld
  }

  /// Gives the room back to the disk; false where there was none to give.
  mutating func release() -> Bool {
    guard isHeld else { return false }
    isHeld = false
    return unlink(path) == 0
  }

  /// Bytes that are free on its disk; nil where the disk does not say.
  var free: UInt64? {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    return (try? Descriptor.open(folder, O_RDONLY | O_DIRECTORY)).flatMap(Self.free)
  }

  private static func free(_ file: Descriptor) -> UInt64? {
    var room = statvfs()
    guard fstatvfs(file.raw, &room) == 0 else { return nil }
    let (free, overflow) = UInt64(room.f_bavail).multipliedReportingOverflow(by: UInt64(room.f_frsize))
    return overflow ? .max : free
  }

  private func hasRoom(_ file: Descriptor) -> Bool { Self.free(file).map { $0 >= 2 * UInt64(bytes) } ?? true }
}
