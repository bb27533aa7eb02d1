import CLinux
import Glibc

/// What the kernel says of a file: stat(2).
package struct FileFacts: Sendable, Hashable {
  /// What it is.
  package enum Kind: Sendable, Hashable { case regular, directory, other }

  /// What it is.
  package let kind: Kind
  /// Permission bits, 0 to 0o7777.
  package let mode: UInt32
  /// Owner.
  package let owner: UInt32
  /// Bytes.
  package let size: UInt64
  /// Device, inode and times of change: equal as long as nobody touched it.
  package let identity: [Int64]

  private init(_ status: stat) {
    switch status.st_mode & S_IFMT {
    case S_IFREG: kind = .regular
    case S_IFDIR: kind = .directory
    default: kind = .other
    }
    mode = UInt32(status.st_mode & 0o7777)
    owner = status.st_uid
    size = UInt64(max(0, status.st_size))
    identity = [
      Int64(truncatingIfNeeded: status.st_dev), Int64(truncatingIfNeeded: status.st_ino), Int64(status.st_size),
      Int64(status.st_mtim.tv_sec), Int64(status.st_mtim.tv_nsec),
    ]
  }

  /// Looks at an open file.
  package init(of descriptor: Descriptor) throws(SystemError) {
    var status = stat()
    let number = descriptor.raw
    _ = try retrying("fstat") { fstat(number, &status) }
    self.init(status)
  }

  /// Looks at a path without following a link at its end.
  package init(at path: String) throws(SystemError) {
    var status = stat()
    _ = try retrying("lstat", path) { lstat(path, &status) }
    self.init(status)
  }
}

extension Descriptor {
  /// Whether somebody has this file, opened for reading, open for writing; false also where the kernel does not tell (NFS; a
  /// file of another owner, without CAP_LEASE). After false, where it does tell, writers wait until this descriptor is closed.
  package func isBeingWritten() -> Bool { slipway_is_being_written(raw) == 1 }
}

extension Descriptor {
  /// Waits, a tenth of a second at most, until nobody has this file open for writing; whether that came to be.
  ///
  /// For those who are about to go: a process that is being started holds copies of its parent's descriptors until its exec.
  /// Blocks the thread.
  package func waitsForLastWriter() -> Bool {
    guard isBeingWritten() else { return true }
    let events = inotify_init1(Int32(IN_CLOEXEC))
    guard events >= 0 else { return false }
    let ends = Descriptor(owning: events)
    guard inotify_add_watch(ends.raw, "/proc/self/fd/\(raw)", UInt32(IN_CLOSE_WRITE)) >= 0 else { return false }
    // Listened to first, then looked at: an end in between is seen.
    guard isBeingWritten() else { return true }
    var wait = pollfd(fd: ends.raw, events: Int16(POLLIN), revents: 0)
    return poll(&wait, 1, 100) == 1 && !isBeingWritten()
  }
}
