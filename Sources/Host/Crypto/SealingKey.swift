/// The key that seals secrets at rest: 32 random bytes and an identity derived from them.
///
/// The identity is safe to print and to store beside what the key sealed; it tells which key opens a box after a
/// rotation.
package final class SealingKey: Sendable {
  /// The key's length in bytes.
  package static let byteCount = 32

  /// Names a key without revealing it: the first eight bytes of a digest of it.
  package struct ID: Hashable, Sendable, CustomStringConvertible {
    static let byteCount = 8
    let bytes: [UInt8]
    /// Sixteen hexadecimal digits.
    package var description: String { Hex.encode(bytes) }
  }

  /// Which key this is.
  package let id: ID
  let secret: SecretBytes

  /// Uses `secret` as the key; it must have 32 bytes.
  package init(_ secret: SecretBytes) throws(CryptoFailure) {
    guard secret.count == Self.byteCount else {
      throw .keyLength(expected: Self.byteCount, found: secret.count)
    }
    var hash = SHA256()
    hash.update("slipway sealing key".utf8)
    secret.withBytes { hash.update($0) }
    id = ID(bytes: Array(hash.digest().prefix(ID.byteCount)))
    self.secret = secret
  }

  /// Makes a new random key that exists only in memory.
  package static func generate() throws(CryptoFailure) -> SealingKey {
    try SealingKey(RandomBytes.secret(byteCount))
  }
}
