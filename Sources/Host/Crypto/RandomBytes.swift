import CCrypto

/// The source of unpredictable bytes: libcrypto's generator, seeded by the kernel.
package enum RandomBytes {
  /// `count` unpredictable bytes, fit for keys and nonces; throws `CryptoFailure.library` when the kernel gives none.
  package static func make(_ count: Int) throws(CryptoFailure) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: max(count, 0))
    let done = bytes.withUnsafeMutableBytes { fill($0) }
    guard done else { throw .library(operation: "RAND_bytes") }
    return bytes
  }

  static func secret(_ count: Int) throws(CryptoFailure) -> SecretBytes {
    try SecretBytes(count: count) { (buffer) throws(CryptoFailure) in
      guard fill(buffer) else { throw .library(operation: "RAND_priv_bytes") }
    }
  }

  private static func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Bool {
    guard let base = buffer.baseAddress, let count = Int32(exactly: buffer.count) else { return buffer.isEmpty }
    return RAND_priv_bytes(base.assumingMemoryBound(to: UInt8.self), count) == 1
  }
}
