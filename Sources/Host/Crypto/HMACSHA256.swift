import CCrypto

/// Message authentication with SHA-256 (RFC 2104).
package enum HMACSHA256 {
  /// The 32-byte code of `message` under `key`; keys of any length.
  /// - Throws: `CryptoFailure.library` where libcrypto has no memory or lacks the algorithm.
  package static func code(
    of message: some Sequence<UInt8>, key: SecretBytes
  ) throws(CryptoFailure) -> [UInt8] {
    let message = Array(message)
    guard let keyLength = Int32(exactly: key.count) else { throw .library(operation: "HMAC") }
    var code = [UInt8](repeating: 0, count: SHA256.byteCount)
    var length: UInt32 = 0
    let made = key.withBytes { HMAC(EVP_sha256(), $0.baseAddress, keyLength, message, message.count, &code, &length) }
    guard made != nil, Int(length) == SHA256.byteCount else { throw .library(operation: "HMAC") }
    return code
  }
}
