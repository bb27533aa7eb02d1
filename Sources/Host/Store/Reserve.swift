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

  private func hasRoom(_ file: Descriptor) -> Bool {
    var room = statvfs()
    guard fstatvfs(file.raw, &room) == 0 else { return true }
    let (free, overflow) = UInt64(room.f_bavail).multipliedReportingOverflow(by: UInt64(room.f_frsize))
    return overflow || free >= 2 * UInt64(bytes)
  }
}
