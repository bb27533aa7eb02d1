import Foundation
import Glibc

/// A small file system for the host's state, which can be filled and freed. Needs the right to mount.
struct SmallDisk {
  let path: String

  /// Mounts it; nil where that is not allowed.
  init?(_ path: String, megabytes: Int) throws {
    self.path = path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    guard mount("slipway-chaos", path, "tmpfs", 0, "size=\(megabytes)m,mode=0700") == 0 else { return nil }
  }

  /// Takes every byte that is left.
  func fill() {
    let file = open("\(path)/ballast", O_WRONLY | O_CREAT, 0o600)
    guard file >= 0 else { return }
    defer { close(file) }
    let block = [UInt8](repeating: 7, count: 1 << 16)
    for size in [1 << 16, 512, 1] { while write(file, block, size) > 0 {} }
  }

  /// Gives them back.
  func free() { unlink("\(path)/ballast") }

  func unmount() { umount2(path, Int32(MNT_DETACH)) }
}
