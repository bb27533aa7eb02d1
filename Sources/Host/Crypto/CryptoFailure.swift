/// What went wrong in this module.
///
/// No case carries a secret, so all of them may be logged.
package enum CryptoFailure: Error, Equatable, Sendable {
  /// libcrypto refused `operation`: out of memory, or a provider that lacks the algorithm.
  case library(operation: String)
  /// The sealing key's file could not be used; `operation` failed with `errno`.
  case keyFile(path: String, operation: String, errno: Int32)
  /// The sealing key's file exists but is not safe or not a key; `found` says what it is.
  case keyFileRefused(path: String, expected: String, found: String)
  /// A key's raw form has the wrong number of bytes.
  case keyLength(expected: Int, found: Int)
  /// The text is not an OpenSSH public key of type ssh-ed25519.
  case publicKeyText(found: String)
  /// The plaintext is longer than `Seal.maximumPlaintext`.
  case plaintextTooLong(limit: Int, found: Int)
  /// The sealed box is shorter than an empty one can be.
  case boxTruncated(minimum: Int, found: Int)
  /// The sealed box was made in a layout that this build does not know.
  case boxVersion(expected: UInt8, found: UInt8)
  /// The sealed box was made with a key that is not loaded.
  case boxKey(found: SealingKey.ID)
  /// The tag does not match: the box was changed, or belongs to another record or field.
  case boxNotAuthentic(record: String, field: String)
}

extension CryptoFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .library(let operation):
      "libcrypto failed in \(operation); check that OpenSSL 3 is installed and that memory is not exhausted"
    case .keyFile(let path, let operation, let code):
      "sealing key \(path): \(operation) failed with errno \(code); check that the folder exists and is writable"
    case .keyFileRefused(let path, let expected, let found):
      "sealing key \(path): expected \(expected), found \(found); restore the file from a backup or fix its mode"
    case .keyLength(let expected, let found):
      "key: expected \(expected) bytes, found \(found)"
    case .publicKeyText(let found):
      "public key: expected `ssh-ed25519 <base64> [comment]`, found \(found)"
    case .plaintextTooLong(let limit, let found):
      "secret: expected at most \(limit) bytes, found \(found)"
    case .boxTruncated(let minimum, let found):
      "sealed box: expected at least \(minimum) bytes, found \(found); restore the record from a backup"
    case .boxVersion(let expected, let found):
      "sealed box: expected layout \(expected), found \(found); run the Slipway version that wrote it, or a newer one"
    case .boxKey(let found):
      "sealed box: made with key \(found), and another one is loaded; put that key's file back, from a backup"
    case .boxNotAuthentic(let record, let field):
      "sealed box of \(record)/\(field): changed, or moved from another record; restore the record from a backup"
    }
  }
}
