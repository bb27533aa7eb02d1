import CCrypto

/// Bytes that must not outlive their use: wiped when the last reference goes, never printed.
///
/// The content is fixed at creation. Every description says only how many bytes there are.
// Unchecked: the buffer is written only in init, before the reference can be shared, and freed in deinit, after the
// last reference is gone; in between it is only read.
package final class SecretBytes: @unchecked Sendable {
  private let storage: UnsafeMutableRawBufferPointer

  /// How many bytes the secret has.
  package var count: Int { storage.count }

  /// Copies `bytes`; the caller still owns, and wipes, its own copy.
  package init(copying bytes: UnsafeRawBufferPointer) {
    storage = .allocate(byteCount: bytes.count, alignment: 1)
    storage.copyMemory(from: bytes)
  }

  /// Copies `bytes`; the caller still owns, and wipes, its own copy.
  package convenience init(copying bytes: [UInt8]) {
    self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
  }

  /// Makes a secret of `count` bytes that `fill` writes; if `fill` throws, the bytes are wiped at once.
  package init<Failure: Error>(
    count: Int, fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 0), alignment: 1)
    buffer.initializeMemory(as: UInt8.self, repeating: 0)
    storage = buffer
    try fill(buffer)
  }

  deinit {
    OPENSSL_cleanse(storage.baseAddress, storage.count)
    storage.deallocate()
  }

  /// Lends the bytes to `body`; the pointer is valid only during the call.
  package func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(storage))
  }

  /// A copy that nothing wipes: for interfaces that take nothing else. Wipe it with `wipe()` when it is an array.
  package func copy() -> [UInt8] { [UInt8](storage) }

  /// A copy as text that nothing wipes, or nil if the bytes are not UTF-8.
  package func text() -> String? { String(validating: storage, as: UTF8.self) }

  /// Whether both secrets have the same bytes, compared in constant time for a given length.
  package func matches(_ other: SecretBytes) -> Bool {
    guard count == other.count else { return false }
    guard count > 0 else { return true }
    return CRYPTO_memcmp(storage.baseAddress, other.storage.baseAddress, count) == 0
  }
}

extension SecretBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "<secret of \(count) bytes>" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

extension Array where Element == UInt8 {
  /// Overwrites the bytes with zeros in a way that the optimizer keeps.
  ///
  /// Works on this array's own storage: an array that shares it with another is copied first, and the other keeps the
  /// secret. Use it on arrays that were never assigned to a second variable, and whose capacity was reserved.
  package mutating func wipe() {
    withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
  }
}
