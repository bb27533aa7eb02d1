/// The public half of an Ed25519 key, in the forms that OpenSSH uses.
package struct Ed25519PublicKey: Hashable, Sendable {
  /// The key's length in bytes.
  package static let byteCount = 32
  /// The key type's name in SSH (RFC 8709).
  package static let algorithm = "ssh-ed25519"

  /// The key itself, 32 bytes.
  package let bytes: [UInt8]

  /// Uses 32 raw bytes; throws `keyLength`.
  package init(bytes: [UInt8]) throws(CryptoFailure) {
    guard bytes.count == Self.byteCount else { throw .keyLength(expected: Self.byteCount, found: bytes.count) }
    self.bytes = bytes
  }

  /// Reads `ssh-ed25519 <base64> [comment]`, as in an authorized_keys line without options; throws `publicKeyText`.
  package init(openSSH text: String) throws(CryptoFailure) {
    let words = text.split(whereSeparator: \.isWhitespace)
    let prefix = Self.blobPrefix
    guard let type = words.first, type == Self.algorithm else {
      throw .publicKeyText(found: words.first.map { "type \($0.prefix(40))" } ?? "nothing")
    }
    guard words.count > 1, let blob = Base64.decode(words[1]) else { throw .publicKeyText(found: "no valid base64") }
    guard blob.count == prefix.count + Self.byteCount, blob.starts(with: prefix) else {
      throw .publicKeyText(found: "a blob of \(blob.count) bytes that holds no ssh-ed25519 key")
    }
    bytes = Array(blob.dropFirst(prefix.count))
  }

  /// The key as SSH sends it on the wire: type name and key, each preceded by its length; 51 bytes.
  package var blob: [UInt8] { Self.blobPrefix + bytes }

  /// `ssh-ed25519 <base64>`, and ` comment` if there is one; line breaks in the comment become spaces.
  package func openSSH(comment: String = "") -> String {
    let key = "\(Self.algorithm) \(Base64.encode(blob))"
    let words = comment.split(whereSeparator: \.isNewline).joined(separator: " ")
    return words.isEmpty ? key : "\(key) \(words)"
  }

  /// `SHA256:<base64 without padding>`, as `ssh-keygen -l` prints it.
  package var fingerprint: String {
    let text = Base64.encode(SHA256.digest(blob))
    return "SHA256:\(text.prefix { $0 != "=" })"
  }

  private static var blobPrefix: [UInt8] {
    var writer = WireWriter()
    writer.string(algorithm.utf8)
    writer.uint32(UInt32(byteCount))
    return writer.bytes
  }
}
