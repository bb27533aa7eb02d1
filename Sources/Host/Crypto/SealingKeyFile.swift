import CCrypto
import Glibc

/// Where a sealing key lives: a file of this installation, or a credential that systemd hands over.
///
/// The content is 32 raw bytes, or 64 hexadecimal digits with an optional newline. Blocking calls on small files: use
/// at start, not on the cooperative pool.
package struct SealingKeyFile: Sendable {
  /// The file's path.
  package let path: String
  private let groupMayRead: Bool

  /// A key file of this installation: mode 0600 or 0400, owned by this user.
  package init(path: String) {
    self.path = path
    groupMayRead = false
  }

  /// A credential file (systemd.exec(5), LoadCredential=): may be group-readable, since systemd grants it by an ACL
  /// whose mask shows there, and may be owned by root.
  package init(credentialPath: String) {
    path = credentialPath
    groupMayRead = true
  }

  /// Reads the key; throws `keyFile` with ENOENT when there is none, `keyFileRefused` when others could read it.
  package func load() throws(CryptoFailure) -> SealingKey {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard file >= 0 else { throw .keyFile(path: path, operation: "open", errno: errno) }
    defer { close(file) }
    try check(file)
    var content = [UInt8](repeating: 0, count: 128)
    defer { content.wipe() }
    let count = content.withUnsafeMutableBytes { buffer in
      var result = read(file, buffer.baseAddress, buffer.count)
      while result < 0 && errno == EINTR { result = read(file, buffer.baseAddress, buffer.count) }
      return result
    }
    guard count >= 0 else { throw .keyFile(path: path, operation: "read", errno: errno) }
    return try SealingKey(decode(content, count))
  }

  /// Reads the key, or makes one when there is none.
  ///
  /// The new key is complete and durable before its name exists: a crash leaves either no key or a whole one, and of
  /// two processes that start together both use the one that came first.
  package func loadOrCreate() throws(CryptoFailure) -> SealingKey {
    do {
      return try load()
    } catch .keyFile(_, "open", ENOENT) {
      try create()
      return try load()
    }
  }

  private func create() throws(CryptoFailure) {
    let key = try SealingKey.generate()
    let draft = "\(path).\(Hex.encode(try RandomBytes.make(8))).new"
    let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw .keyFile(path: path, operation: "create", errno: errno) }
    defer { unlink(draft) }
    do {
      defer { close(file) }
      let written = key.secret.withBytes { write(file, $0.baseAddress, $0.count) }
      guard written == SealingKey.byteCount else {
        throw CryptoFailure.keyFile(path: path, operation: "write", errno: written < 0 ? errno : ENOSPC)
      }
      guard fsync(file) == 0 else { throw CryptoFailure.keyFile(path: path, operation: "fsync", errno: errno) }
    }
    guard link(draft, path) == 0 || errno == EEXIST else {
      throw .keyFile(path: path, operation: "link", errno: errno)
    }
    try syncFolder()
  }

  private func syncFolder() throws(CryptoFailure) {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard file >= 0 else { throw .keyFile(path: path, operation: "open folder", errno: errno) }
    defer { close(file) }
    guard fsync(file) == 0 else { throw .keyFile(path: path, operation: "fsync folder", errno: errno) }
  }

  private func check(_ file: Int32) throws(CryptoFailure) {
    var status = stat()
    guard fstat(file, &status) == 0 else { throw .keyFile(path: path, operation: "fstat", errno: errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .keyFileRefused(path: path, expected: "a regular file", found: "something else")
    }
    let refused: mode_t = groupMayRead ? 0o037 : 0o077
    guard status.st_mode & refused == 0 else {
      let mode = String(status.st_mode & 0o777, radix: 8)
      throw .keyFileRefused(
        path: path, expected: groupMayRead ? "mode 0440 or less" : "mode 0600", found: "mode 0\(mode)")
    }
    guard status.st_uid == geteuid() || (groupMayRead && status.st_uid == 0) else {
      throw .keyFileRefused(path: path, expected: "owner uid \(geteuid())", found: "owner uid \(status.st_uid)")
    }
  }

  private func decode(_ content: [UInt8], _ count: Int) throws(CryptoFailure) -> SecretBytes {
    if count == SealingKey.byteCount {
      return SecretBytes(count: count) { $0.copyBytes(from: content.prefix(count)) }
    }
    let digits = SealingKey.byteCount * 2
    let isText = count == digits || (count == digits + 1 && content[digits] == UInt8(ascii: "\n"))
    let failure = CryptoFailure.keyFileRefused(
      path: path, expected: "32 bytes or 64 hexadecimal digits", found: "\(count) bytes that are neither")
    guard isText else { throw failure }
    return try SecretBytes(count: SealingKey.byteCount) { (buffer) throws(CryptoFailure) in
      for index in 0..<SealingKey.byteCount {
        guard let high = Hex.value(content[index * 2]), let low = Hex.value(content[index * 2 + 1]) else {
          throw failure
        }
        buffer[index] = high << 4 | low
      }
    }
  }
}
