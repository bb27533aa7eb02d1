import CCrypto

/// A SHA-512 digest of bytes that arrive in pieces.
///
/// A value: copying it forks the computation. Never fails.
package struct SHA512: Sendable {
  private var context = SHA512_CTX()

  /// Begins a digest of no bytes.
  package init() { SHA512_Init(&context) }

  /// Appends bytes to what is digested.
  package mutating func update(_ bytes: [UInt8]) { SHA512_Update(&context, bytes, bytes.count) }

  /// The digest of everything so far, 64 bytes; more may be appended afterwards.
  package func digest() -> [UInt8] {
    var final = context
    return [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
      SHA512_Final(buffer.baseAddress, &final)
      count = 64
    }
  }
}
