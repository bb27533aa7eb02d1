import CCrypto

/// One AES-256-GCM computation: authenticate, process, finish, in this order, each once.
///
/// Not Sendable: lives within one call of `Seal`. libcrypto wipes the key schedule when the context is freed.
final class AESGCM {
  enum Direction: Int32 {
    case open = 0
    case seal = 1
  }

  private let context: OpaquePointer

  /// `key` must have 32 bytes, which `SealingKey` guarantees, and `nonce` 12, the cipher's default.
  init(_ direction: Direction, key: SecretBytes, nonce: [UInt8]) throws(CryptoFailure) {
    guard let context = EVP_CIPHER_CTX_new() else { throw .library(operation: "EVP_CIPHER_CTX_new") }
    self.context = context
    let started = key.withBytes { keyBytes in
      EVP_CipherInit_ex(
        context, EVP_aes_256_gcm(), nil, keyBytes.baseAddress?.assumingMemoryBound(to: UInt8.self), nonce,
        direction.rawValue)
    }
    guard started == 1 else { throw .library(operation: "EVP_CipherInit_ex") }
  }

  deinit { EVP_CIPHER_CTX_free(context) }

  func authenticate(_ data: [UInt8]) throws(CryptoFailure) {
    try update(nil, data, data.count, "associated data")
  }

  func process(_ input: SecretBytes, into output: inout [UInt8]) throws(CryptoFailure) {
    let count = input.count
    guard count > 0, output.count >= count else { return }
    try output.withUnsafeMutableBufferPointer { (out) throws(CryptoFailure) in
      try input.withBytes { (bytes) throws(CryptoFailure) in
        try update(out.baseAddress, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), count, "plaintext")
      }
    }
  }

  func process(_ input: [UInt8], into output: UnsafeMutableRawBufferPointer) throws(CryptoFailure) {
    guard !input.isEmpty, output.count >= input.count else { return }
    try update(output.baseAddress?.assumingMemoryBound(to: UInt8.self), input, input.count, "ciphertext")
  }

  func finishSealing() throws(CryptoFailure) -> [UInt8] {
    guard finish() else { throw .library(operation: "EVP_CipherFinal_ex") }
    var tag = [UInt8](repeating: 0, count: Seal.tagCount)
    let length = Int32(Seal.tagCount)
    let got = tag.withUnsafeMutableBytes {
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, length, $0.baseAddress)
    }
    guard got == 1 else { throw .library(operation: "EVP_CTRL_AEAD_GET_TAG") }
    return tag
  }

  /// Whether `tag` is the right one; only then may the output be used.
  func finishOpening(tag: [UInt8]) throws(CryptoFailure) -> Bool {
    var tag = tag
    let length = Int32(Seal.tagCount)
    let set = tag.withUnsafeMutableBytes {
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, length, $0.baseAddress)
    }
    guard set == 1 else { throw .library(operation: "EVP_CTRL_AEAD_SET_TAG") }
    return finish()
  }

  private func update(
    _ output: UnsafeMutablePointer<UInt8>?, _ input: UnsafePointer<UInt8>?, _ count: Int, _ what: String
  ) throws(CryptoFailure) {
    var written: Int32 = 0
    guard let length = Int32(exactly: count), EVP_CipherUpdate(context, output, &written, input, length) == 1 else {
      throw .library(operation: "EVP_CipherUpdate of \(what)")
    }
  }

  /// GCM is a stream: the last call writes no bytes, but wants a place for a block.
  private func finish() -> Bool {
    var written: Int32 = 0
    var block = [UInt8](repeating: 0, count: 16)
    return EVP_CipherFinal_ex(context, &block, &written) == 1
  }
}
