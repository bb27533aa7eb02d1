import CLinux
import Glibc

/// Why a directory could not be locked.
package enum DirectoryLockError: Error, Sendable, Hashable {
  /// Another process holds it; its id where the file tells.
  case held(by: Int32?)
  /// The lock file could not be opened or written.
  case system(SystemError)
}

extension DirectoryLockError {
  /// What was found, where the directory has been named already.
  package var words: String {
    switch self {
    case .held(let pid): "one that \(pid.map { "process \($0)" } ?? "another process") uses"
    case .system(let failure): failure.words
    }
  }
}

/// Sole use of a directory for the life of this value: an flock on a file with the holder's process id.
///
/// The kernel lets go when the process ends, however it ends, so a stale file locks nobody out.
package final class DirectoryLock: Sendable {
  private let descriptor: Descriptor

  /// Takes the lock of `directory`, or says who has it.
  /// - Parameters:
  ///   - name: the lock file's name in the directory.
  ///   - patienceMs: how long a holder that is killed may take to be gone, milliseconds; blocks the thread for as long.
  package init(directory: String, name: String = "lock", patienceMs: Int32 = 0) throws(DirectoryLockError) {
    do throws(SystemError) {
      descriptor = try Descriptor.open("\(directory)/\(name)", O_RDWR | O_CREAT)
    } catch { throw .system(error) }
    do throws(SystemError) {
      try Self.take(descriptor, directory)
    } catch {
      guard error.code == EWOULDBLOCK else { throw .system(error) }
      let holder = Self.holder(descriptor)
      guard let holder, patienceMs > 0, Self.ends(holder, withinMs: patienceMs) else { throw .held(by: holder) }
      do throws(SystemError) { try Self.take(descriptor, directory) } catch {
        throw error.code == EWOULDBLOCK ? .held(by: Self.holder(descriptor)) : .system(error)
      }
    }
    let number = descriptor.raw
    do throws(SystemError) {
      _ = try retrying("ftruncate", directory) { ftruncate(number, 0) }
      try descriptor.writeAll("\(getpid())\n".utf8)
    } catch { throw .system(error) }
  }

  /// Lets go before the value's end.
  package func unlock() {
    // Not by closing alone: a child between fork and exec holds a copy of the descriptor, and with it the lock.
    flock(descriptor.raw, LOCK_UN)
    descriptor.close()
  }

  deinit { unlock() }

  private static func take(_ descriptor: Descriptor, _ directory: String) throws(SystemError) {
    let number = descriptor.raw
    _ = try retrying("flock", directory) { flock(number, LOCK_EX | LOCK_NB) }
  }

  /// Waits for the end of a process; false where it goes on. One that is killed keeps its files until its memory is freed.
  private static func ends(_ pid: Int32, withinMs patience: Int32) -> Bool {
    let number = slipway_pidfd_open(pid)
    guard number >= 0 else { return errno == ESRCH }
    let process = Descriptor(owning: number)
    defer { process.close() }
    var entry = pollfd(fd: process.raw, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, patience) == 1
  }

  private static func holder(_ descriptor: Descriptor) -> Int32? {
    guard case .bytes(let bytes)? = try? descriptor.receive(atMost: 32) else { return nil }
    return Int32(String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
  }
}
