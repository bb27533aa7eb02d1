import CCrypto

/// Seals secrets for storage with AES-256-GCM, and opens them.
///
/// A sealed box is `version (1) | key id (8) | nonce (12) | ciphertext | tag (16)`. Version, key id, record and field
/// names are authenticated with it, so a box that is moved to another record or field does not open. Sealing uses the
/// current key; opening uses whichever loaded key the box names, which is how keys are rotated: load old and new, make
/// the new one current, reseal every box for which `needsResealing` is true, drop the old one.
package struct Seal: Sendable {
  /// The layout that this build writes.
  package static let version: UInt8 = 1
  /// The largest secret, in bytes.
  package static let maximumPlaintext = 1 << 20
  /// How many bytes a box is longer than its plaintext.
  package static let overhead = 1 + SealingKey.ID.byteCount + nonceCount + tagCount

  static let nonceCount = 12
  static let tagCount = 16
  private static let headerCount = 1 + SealingKey.ID.byteCount

  private let current: SealingKey
  private let keys: [SealingKey.ID: SealingKey]

  /// Seals with `current`; opens with `current` and `retired`.
  package init(current: SealingKey, retired: [SealingKey] = []) {
    self.current = current
    var keys = [current.id: current]
    for key in retired { keys[key.id] = key }
    self.keys = keys
  }

  /// Seals `plaintext` for one field of one record; every call gives another box.
  package func seal(_ plaintext: SecretBytes, record: String, field: String) throws(CryptoFailure) -> [UInt8] {
    guard plaintext.count <= Self.maximumPlaintext else {
      throw .plaintextTooLong(limit: Self.maximumPlaintext, found: plaintext.count)
    }
    let header = [Self.version] + current.id.bytes
    let nonce = try RandomBytes.make(Self.nonceCount)
    let cipher = try AESGCM(.seal, key: current.secret, nonce: nonce)
    try cipher.authenticate(Self.associatedData(header, record, field))
    var box = header + nonce
    box.reserveCapacity(plaintext.count + Self.overhead)
    var ciphertext = [UInt8](repeating: 0, count: plaintext.count)
    try cipher.process(plaintext, into: &ciphertext)
    box += ciphertext
    box += try cipher.finishSealing()
    return box
  }

  /// Seals `plaintext` for one field of one record, and wipes it, whatever the outcome.
  package func seal(
    wiping plaintext: inout [UInt8], record: String, field: String
  ) throws(CryptoFailure) -> [UInt8] {
    defer { plaintext.wipe() }
    return try seal(SecretBytes(copying: plaintext), record: record, field: field)
  }

  /// Opens a box that was sealed for this field of this record.
  ///
  /// The plaintext is released only after its tag was verified. Throws `boxTruncated`, `boxVersion`, `boxKey` or
  /// `boxNotAuthentic`.
  package func open(_ box: [UInt8], record: String, field: String) throws(CryptoFailure) -> SecretBytes {
    let parts = try Self.parse(box)
    guard let key = keys[parts.key] else { throw .boxKey(found: parts.key) }
    let cipher = try AESGCM(.open, key: key.secret, nonce: Array(parts.nonce))
    try cipher.authenticate(Self.associatedData(Array(parts.header), record, field))
    return try SecretBytes(count: parts.ciphertext.count) { (buffer) throws(CryptoFailure) in
      try cipher.process(Array(parts.ciphertext), into: buffer)
      guard try cipher.finishOpening(tag: Array(parts.tag)) else {
        throw .boxNotAuthentic(record: record, field: field)
      }
    }
  }

  /// Whether the box was made with a key other than the current one.
  package func needsResealing(_ box: [UInt8]) throws(CryptoFailure) -> Bool {
    try Self.parse(box).key != current.id
  }

  private struct Parts {
    let header: ArraySlice<UInt8>
    let key: SealingKey.ID
    let nonce: ArraySlice<UInt8>
    let ciphertext: ArraySlice<UInt8>
    let tag: ArraySlice<UInt8>
  }

  private static func parse(_ box: [UInt8]) throws(CryptoFailure) -> Parts {
    guard let version = box.first else { throw .boxTruncated(minimum: overhead, found: 0) }
    guard version == Self.version else { throw .boxVersion(expected: Self.version, found: version) }
    guard box.count >= overhead else { throw .boxTruncated(minimum: overhead, found: box.count) }
    let header = box.prefix(headerCount)
    return Parts(
      header: header, key: SealingKey.ID(bytes: Array(header.dropFirst())),
      nonce: box.dropFirst(headerCount).prefix(nonceCount),
      ciphertext: box.dropFirst(headerCount + nonceCount).dropLast(tagCount), tag: box.suffix(tagCount))
  }

  /// Names are preceded by their lengths, so that no two pairs of names give the same bytes.
  private static func associatedData(_ header: [UInt8], _ record: String, _ field: String) -> [UInt8] {
    var data = WireWriter(header)
    data.string(record.utf8)
    data.string(field.utf8)
    return data.bytes
  }
}
