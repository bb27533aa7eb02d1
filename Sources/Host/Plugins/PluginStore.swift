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
  /// The ids under which it may serve; nil: any.
  package let ids: Set<String>?
}

/// Why a file did not get into the store; one line for the operator that names the file.
package struct PluginStoreFault: Error, Sendable, Hashable, CustomStringConvertible {
  /// What kind of reason it is.
  package enum Kind: Sendable, Hashable {
    /// It cannot be used as it is.
    case unusable
    /// It is not whole yet, or changed while it was read: somebody is writing it.
    case unfinished
    /// It is not there.
    case gone
  }

  /// What kind of reason it is.
  package let kind: Kind
  /// The line.
  package let description: String
}

/// The content-addressed store `<directory>/<sha256>/<name>.so`.
///
/// A worker loads the stored copy, so what happens to the dropped file never touches a running image. Everything here
/// blocks on the disk and is called on one thread of its own; a process that dies at any line leaves what was stored
/// before whole, and at most an `incoming` file that `collect` removes.
package struct PluginStore: Sendable {
  /// Bytes that a plugin file may have.
  package static let maxFileSize: UInt64 = 512 << 20

  let directory: String
  private let trust: TrustFiles
  /// Called between the steps of `admit`; tests end the process there.
  private let onStep: @Sendable (Step) -> Void

  /// Steps of `admit`.
  package enum Step: String, Sendable, Hashable, CaseIterable {
    case copying, copied, placed
  }

  /// A store in that directory, which is made when first needed.
  package init(
    directory: String, trust: TrustFiles = TrustFiles(), onStep: @escaping @Sendable (Step) -> Void = { _ in }
  ) {
    self.directory = directory
    self.trust = trust
    self.onStep = onStep
  }

  /// Copies the file into the store while hashing it, checks that it may be a plugin here, and puts it in its place.
  /// The copy is durable when this returns.
  package func admit(_ file: PluginFile) throws(PluginStoreFault) -> PluginImage { try admit(file, folderCounts: true) }

  /// - Parameter folderCounts: whether the folder, too, has to be one that nobody else may write to.
  func admit(_ file: PluginFile, folderCounts: Bool) throws(PluginStoreFault) -> PluginImage {
    let incoming = "\(directory)/incoming.\(getpid()).\(Clock.monotonic())"
    defer { unlink(incoming) }
    let source: Descriptor
    let before: FileFacts
    do throws(SystemError) {
      source = try Self.open(file)
      before = try FileFacts(of: source)
    } catch {
      if error.code == ENOENT {
        throw PluginStoreFault(kind: .gone, description: "\(file.path): is not there; copy it here again")
      }
      if error.code == ELOOP { throw fault(file, "is a link; copy the plugin itself here") }
      throw fault(file, "cannot be read: \(error)")
    }
    try checkOwner(file, before, folderCounts: folderCounts)
    // Times alone do not tell: what is written over in place may rest between two pieces for longer than a copy takes.
    guard source.waitsForLastWriter() else { throw Self.unfinished(file) }
    let copy = try stored(file) { () throws(SystemError) in
      try Self.makeDirectory(directory)
      onStep(.copying)
      return try Self.copy(source, to: incoming)
    }
    onStep(.copied)
    let after = try stored(file) { () throws(SystemError) in try FileFacts(of: source) }
    guard before.identity == after.identity else {
      throw Self.unfinished(file)
    }
    try checkContent(file, copy)
    let signature = signature(of: file)
    let ids = try admitted(file, copy, incoming, signature: signature)
    let home = "\(directory)/\(copy.sha256)"
    let path = "\(home)/\(file.name)"
    try stored(file) { () throws(SystemError) in
      try Self.makeDirectory(home)
      if let signature { try write(Array(signature.utf8), to: "\(path).sig") }
      try Self.check(rename(incoming, path), "rename", path)
      onStep(.placed)
      for place in [home, directory] { try Descriptor.open(place, O_RDONLY | O_DIRECTORY).sync() }
    }
    return PluginImage(file: file, sha256: copy.sha256, path: path, ids: ids)
  }

  /// The image of that digest as it was stored, verified byte for byte, and let in by today's pins and keys.
  package func recall(_ file: PluginFile, _ sha256: String) throws(PluginStoreFault) -> PluginImage {
    let path = "\(directory)/\(sha256)/\(file.name)"
    let kept = PluginFile(folder: "\(directory)/\(sha256)", name: file.name)
    let copy = try stored(file) { () throws(SystemError) in
      try Self.copy(try Descriptor.open(path, O_RDONLY | O_NOFOLLOW), to: nil)
    }
    guard copy.sha256 == sha256 else {
      throw fault(file, "its stored image \(sha256.prefix(12)) is damaged; install the plugin again")
    }
    return PluginImage(
      file: file, sha256: sha256, path: path, ids: try admitted(file, copy, path, signature: signature(of: kept)))
  }

  // MARK: Checks

  private func checkOwner(_ file: PluginFile, _ facts: FileFacts, folderCounts: Bool) throws(PluginStoreFault) {
    guard facts.kind == .regular else { throw fault(file, "is no regular file; copy the plugin itself here") }
    let folder = try stored(file) { () throws(SystemError) in
      try FileFacts(of: try Descriptor.open(file.folder, O_RDONLY | O_DIRECTORY))
    }
    let places = [("the file", facts), ("its folder \(file.folder)", folder)]
    for (what, facts) in folderCounts ? places : [places[0]] {
      if facts.owner != 0, facts.owner != geteuid() {
        throw fault(
          file, "\(what) belongs to user \(facts.owner); expected root or user \(geteuid()); change its owner")
      }
      if facts.mode & 0o022 != 0 {
        throw fault(
          file, "\(what) may be written by others (mode \(String(facts.mode, radix: 8))); take that away: chmod go-w")
      }
    }
  }

  private func checkContent(_ file: PluginFile, _ copy: Copy) throws(PluginStoreFault) {
    if copy.size > Self.maxFileSize {
      throw fault(file, "has more than \(Self.maxFileSize) bytes; is this a plugin?")
    }
    do throws(ELFFault) {
      _ = try ELFHeader(copy.header, fileSize: copy.size)
    } catch {
      switch error {
      case .empty, .truncated: throw PluginStoreFault(kind: .unfinished, description: "\(file.path): \(error)")
      default: throw fault(file, "\(error)")
      }
    }
  }

  private func admitted(
    _ file: PluginFile, _ copy: Copy, _ path: String, signature: String?
  ) throws(PluginStoreFault) -> Set<String>? {
    do throws(TrustFault) {
      return try trust.read().admit(sha256: copy.sha256, signature: signature) { kind in
        kind == .sha256 ? copy.digest : Self.sha512(of: path)
      }
    } catch { throw fault(file, error.text) }
  }

  private func signature(of file: PluginFile) -> String? {
    guard trust.keys != nil, let source = try? Descriptor.open("\(file.path).sig", O_RDONLY | O_NOFOLLOW | O_NONBLOCK),
      case .bytes(let bytes)? = try? source.receive(atMost: 64 << 10)
    else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func sha512(of path: String) -> [UInt8] {
    var hash = SHA512()
    guard let source = try? Descriptor.open(path, O_RDONLY | O_NOFOLLOW) else { return [] }
    while case .bytes(let bytes)? = try? source.receive(atMost: 256 << 10) { hash.update(bytes) }
    return hash.digest()
  }

  private static func unfinished(_ file: PluginFile) -> PluginStoreFault {
    PluginStoreFault(
      kind: .unfinished, description: "\(file.path): is being written; it is read again when that has ended")
  }

  private func fault(_ file: PluginFile, _ text: String) -> PluginStoreFault {
    PluginStoreFault(kind: .unusable, description: "\(file.path): \(text)")
  }

  private func stored<Value>(
    _ file: PluginFile, _ body: () throws(SystemError) -> Value
  ) throws(PluginStoreFault) -> Value {
    do throws(SystemError) { return try body() } catch {
      throw fault(file, "cannot be taken into the plugin store: \(error)")
    }
  }

  // MARK: Disk

  private struct Copy {
    var digest: [UInt8]
    var sha256: String
    var header: [UInt8] = []
    var size: UInt64 = 0
  }

  private static func open(_ file: PluginFile) throws(SystemError) -> Descriptor {
    // Non-blocking, so that a FIFO that took the file's place cannot hold the thread.
    try Descriptor.open(file.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  }

  /// Hashes the file, and writes it to a path where there is one.
  private static func copy(_ source: Descriptor, to path: String?) throws(SystemError) -> Copy {
    let target: Descriptor? = if let path { try .open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o400) } else { nil }
    var hash = SHA256()
    var copy = Copy(digest: [], sha256: "")
    while copy.size <= maxFileSize, case .bytes(let bytes) = try source.receive(atMost: 256 << 10) {
      if copy.header.count < ELFHeader.prefix { copy.header += bytes.prefix(ELFHeader.prefix - copy.header.count) }
      hash.update(bytes)
      copy.size += UInt64(bytes.count)
      try target?.writeAll(bytes)
    }
    try target?.sync()
    copy.digest = hash.digest()
    copy.sha256 = hash.hex()
    return copy
  }

  /// Writes a file so that it is there whole or not at all, and durable.
  func write(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o600) throws(SystemError) {
    let fresh = "\(directory)/incoming.\(getpid()).\(Clock.monotonic())"
    defer { unlink(fresh) }
    let target = try Descriptor.open(fresh, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
    try target.writeAll(bytes)
    try target.sync()
    try Self.check(rename(fresh, path), "rename", path)
  }

  static func makeDirectory(_ path: String) throws(SystemError) {
    if mkdir(path, 0o700) != 0, errno != EEXIST { throw SystemError("mkdir", code: errno, context: path) }
  }

  static func check(_ result: Int32, _ call: String, _ path: String) throws(SystemError) {
    if result != 0 { throw SystemError(call, code: errno, context: path) }
  }
}
