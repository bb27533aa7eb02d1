import Glibc

/// A credential, or text made from one, that is wiped when the last owner lets it go.
///
/// What libcurl copies of it lives in libcurl's buffers until it frees them; those cannot be wiped from here.
final class CredentialBytes {
  private let buffer: UnsafeMutableRawBufferPointer
  private let length: Int

  /// Copies the bytes, adds a NUL, and wipes the array as far as nobody shares it.
  init(taking bytes: inout [UInt8]) {
    length = bytes.count
    buffer = .allocate(byteCount: length + 1, alignment: 1)
    buffer.copyBytes(from: bytes)
    buffer[length] = 0
    bytes.withUnsafeMutableBytes { if let base = $0.baseAddress { explicit_bzero(base, $0.count) } }
    bytes = []
  }

  /// The bytes without the NUL, borrowed.
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    body(UnsafeRawBufferPointer(rebasing: buffer[..<length]))
  }

  /// The text with its NUL, borrowed.
  func withText<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    buffer.withMemoryRebound(to: CChar.self) { text in
      // The buffer is never empty: it holds at least the NUL.
      text.baseAddress.map { body(UnsafePointer($0)) } ?? body("")
    }
  }

  deinit {
    if let base = buffer.baseAddress { explicit_bzero(base, buffer.count) }
    buffer.deallocate()
  }
}
