import CCrypto

/// An Ed25519 private key: signs, and can be written in OpenSSH's format.
///
/// Sendable and safe to use from any thread; the seed is wiped with the last reference.
package final class Ed25519Key: Sendable {
  /// The seed's length in bytes.
  package static let seedByteCount = 32
  /// A signature's length in bytes.
  package static let signatureByteCount = 64

  /// The private key: seal this to store the key.
  package let seed: SecretBytes
  /// The public half.
  package let publicKey: Ed25519PublicKey

  /// Rebuilds a key from its 32-byte seed; throws `keyLength`.
  package init(seed: SecretBytes) throws(CryptoFailure) {
    guard seed.count == Self.seedByteCount else {
      throw .keyLength(expected: Self.seedByteCount, found: seed.count)
    }
    var bytes = [UInt8](repeating: 0, count: Ed25519PublicKey.byteCount)
    try Self.withKey(seed) { (key) throws(CryptoFailure) in
      var count = bytes.count
      guard EVP_PKEY_get_raw_public_key(key, &bytes, &count) == 1, count == bytes.count else {
        throw .library(operation: "EVP_PKEY_get_raw_public_key")
      }
    }
    self.seed = seed
    publicKey = try Ed25519PublicKey(bytes: bytes)
  }

  /// Makes a new random key.
  package static func generate() throws(CryptoFailure) -> Ed25519Key {
    try Ed25519Key(seed: RandomBytes.secret(seedByteCount))
  }

  /// The signature of `data`, 64 bytes (RFC 8032, pure Ed25519, as SSH uses it).
  package func sign(_ data: [UInt8]) throws(CryptoFailure) -> [UInt8] {
    guard let context = EVP_MD_CTX_new() else { throw .library(operation: "EVP_MD_CTX_new") }
    defer { EVP_MD_CTX_free(context) }
    var signature = [UInt8](repeating: 0, count: Self.signatureByteCount)
    try Self.withKey(seed) { (key) throws(CryptoFailure) in
      var count = signature.count
      guard EVP_DigestSignInit(context, nil, nil, nil, key) == 1,
        EVP_DigestSign(context, &signature, &count, data, data.count) == 1, count == signature.count
      else { throw .library(operation: "EVP_DigestSign") }
    }
    return signature
  }

  /// The key in OpenSSH's format, unencrypted, as UTF-8 text ending in a newline.
  ///
  /// The same key and comment always give the same bytes (PROTOCOL.key in OpenSSH's sources; its check number only
  /// detects a wrong passphrase, so a digest of the public key serves).
  package func openSSHPrivateKey(comment: String = "") -> SecretBytes {
    var secret = WireWriter(capacity: 512 + comment.utf8.count)
    defer { secret.wipe() }
    let check = SHA256.digest(publicKey.bytes).prefix(4)
    secret.raw(check)
    secret.raw(check)
    secret.string(Ed25519PublicKey.algorithm.utf8)
    secret.string(publicKey.bytes)
    seed.withBytes { seedBytes in
      secret.uint32(UInt32(Self.seedByteCount + Ed25519PublicKey.byteCount))
      secret.raw(seedBytes)
      secret.raw(publicKey.bytes)
    }
    secret.string(comment.utf8)
    var padding: UInt8 = 1
    while secret.bytes.count % 8 != 0 {
      secret.raw(CollectionOfOne(padding))
      padding += 1
    }

    var file = WireWriter(capacity: 1024 + comment.utf8.count * 2)
    defer { file.wipe() }
    file.raw("openssh-key-v1\0".utf8)
    file.string("none".utf8)
    file.string("none".utf8)
    file.string("".utf8)
    file.uint32(1)
    file.string(publicKey.blob)
    file.string(secret.bytes)
    return Self.armour(file.bytes)
  }

  private static func armour(_ bytes: [UInt8]) -> SecretBytes {
    var base64 = Base64.encode(bytes: bytes)
    var text: [UInt8] = []
    defer {
      base64.wipe()
      text.wipe()
    }
    text.reserveCapacity(base64.count + base64.count / 70 + 128)
    text += "-----BEGIN OPENSSH PRIVATE KEY-----\n".utf8
    for start in stride(from: 0, to: base64.count, by: 70) {
      text += base64[start..<min(start + 70, base64.count)]
      text.append(UInt8(ascii: "\n"))
    }
    text += "-----END OPENSSH PRIVATE KEY-----\n".utf8
    return SecretBytes(copying: text)
  }

  private static func withKey(
    _ seed: SecretBytes, _ body: (OpaquePointer) throws(CryptoFailure) -> Void
  ) throws(CryptoFailure) {
    let made = seed.withBytes {
      EVP_PKEY_new_raw_private_key(
        EVP_PKEY_ED25519, nil, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), $0.count)
    }
    guard let key = made else { throw .library(operation: "EVP_PKEY_new_raw_private_key") }
    defer { EVP_PKEY_free(key) }
    try body(key)
  }
}

extension Ed25519PublicKey {
  /// Whether `signature` is this key's for `data`.
  package func verifies(_ signature: [UInt8], of data: [UInt8]) -> Bool {
    guard let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count) else { return false }
    defer { EVP_PKEY_free(key) }
    guard let context = EVP_MD_CTX_new() else { return false }
    defer { EVP_MD_CTX_free(context) }
    guard EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1 else { return false }
    return EVP_DigestVerify(context, signature, signature.count, data, data.count) == 1
  }
}
