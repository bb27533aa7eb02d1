import Crypto
import Glibc
import System

/// One exact plugin file in the host's content-addressed store.
package struct PluginImage: Sendable, Hashable {
  /// Where it came from.
  package let file: PluginFile
  /// SHA-256 of its bytes, 64 lower-case hexadecimal digits.
  package let sha256: String
  /// Path of the stored copy, which a worker loads.
  package let path: String
}

/// Why a file did not get into the store; one line for the operator that names the file.
package struct PluginStoreFault: Error, Sendable, Hashable, CustomStringConvertible {
  /// The line.
  package let description: String
}

/// The content-addressed store `<directory>/<sha256>/<name>.so`.
///
/// A worker loads the stored copy, so what happens to the dropped file never touches a running image.
package struct PluginStore: Sendable {
  /// Bytes that a plugin file may have.
  package static let maxFileSize: UInt64 = 512 << 20

  private let directory: String

  /// A store in that directory, which is made when first needed.
  package init(directory: String) { self.directory = directory }

  /// Copies the file into the store while hashing it, checks that it can be a plugin, and puts it in its place.
  ///
  /// Blocks on the disk: not for a reactor that others use. The copy is durable when this returns.
  package func admit(_ file: PluginFile) throws(PluginStoreFault) -> PluginImage {
    let incoming = "\(directory)/incoming.\(getpid()).\(Clock.monotonic())"
    defer { unlink(incoming) }
    let copied: Result<(sha256: String, header: [UInt8], size: UInt64), SystemError>
    copied = Result { () throws(SystemError) in
      try Self.makeDirectory(directory)
      return try Self.copy(file, to: incoming)
    }
    let copy = try Self.named(file, copied)
    if copy.size > Self.maxFileSize {
      throw PluginStoreFault(description: "\(file.path): has more than \(Self.maxFileSize) bytes; is this a plugin?")
    }
    do throws(ELFFault) {
      _ = try ELFHeader(copy.header, fileSize: copy.size)
    } catch {
      throw PluginStoreFault(description: "\(file.path): \(error)")
    }
    let home = "\(directory)/\(copy.sha256)"
    let path = "\(home)/\(file.name)"
    try Self.named(
      file,
      Result { () throws(SystemError) in
        try Self.makeDirectory(home)
        try Self.check(rename(incoming, path), "rename", path)
        for place in [home, directory] { try Descriptor.open(place, O_RDONLY | O_DIRECTORY).sync() }
      })
    return PluginImage(file: file, sha256: copy.sha256, path: path)
  }

  private static func named<Value>(
    _ file: PluginFile, _ result: Result<Value, SystemError>
  ) throws(PluginStoreFault) -> Value {
    switch result {
    case .success(let value): return value
    case .failure(let error):
      throw PluginStoreFault(description: "\(file.path): cannot be taken into the plugin store: \(error)")
    }
  }

  private static func copy(
    _ file: PluginFile, to path: String
  ) throws(SystemError) -> (sha256: String, header: [UInt8], size: UInt64) {
    // Non-blocking, so that a FIFO that took the file's place cannot hold the thread.
    let source = try Descriptor.open(file.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    let target = try Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o400)
    var hash = SHA256()
    var header: [UInt8] = []
    var size: UInt64 = 0
    while size <= maxFileSize, case .bytes(let bytes) = try source.receive(atMost: 256 << 10) {
      if header.count < ELFHeader.size { header += bytes.prefix(ELFHeader.size - header.count) }
      hash.update(bytes)
      size += UInt64(bytes.count)
      try target.writeAll(bytes)
    }
    try target.sync()
    return (hash.hex(), header, size)
  }

  private static func makeDirectory(_ path: String) throws(SystemError) {
    if mkdir(path, 0o700) != 0, errno != EEXIST { throw SystemError("mkdir", code: errno, context: path) }
  }

  private static func check(_ result: Int32, _ call: String, _ path: String) throws(SystemError) {
    if result != 0 { throw SystemError(call, code: errno, context: path) }
  }
}
