import CCrypto

/// A SHA-256 digest of bytes that arrive in pieces.
///
/// A value: copying it forks the computation. Never fails.
package struct SHA256: Sendable {
  /// The digest's length in bytes.
  package static let byteCount = 32

  private var context = SHA256_CTX()

  /// Begins a digest of no bytes.
  package init() {
    SHA256_Init(&context)
  }

  /// Appends bytes to what is digested.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    SHA256_Update(&context, bytes.baseAddress, bytes.count)
  }

  /// Appends bytes to what is digested.
  package mutating func update(_ bytes: some Sequence<UInt8>) {
    let done: Void? = bytes.withContiguousStorageIfAvailable { update(UnsafeRawBufferPointer($0)) }
    if done == nil { Array(bytes).withUnsafeBytes { update($0) } }
  }

  /// The digest of everything so far, 32 bytes; more may be appended afterwards.
  package func digest() -> [UInt8] {
    var final = context
    return [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
      SHA256_Final(buffer.baseAddress, &final)
      count = Self.byteCount
    }
  }

  /// The digest of everything so far as 64 lower-case hexadecimal digits.
  package func hex() -> String { Hex.encode(digest()) }

  /// The digest of `bytes`, 32 bytes.
  package static func digest(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    var hash = SHA256()
    hash.update(bytes)
    return hash.digest()
  }

  /// The digest of `bytes` as 64 lower-case hexadecimal digits.
  package static func hex(_ bytes: some Sequence<UInt8>) -> String { Hex.encode(digest(bytes)) }
}
