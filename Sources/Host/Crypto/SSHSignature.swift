import CCrypto

/// A detached signature as `ssh-keygen -Y sign` writes it: PROTOCOL.sshsig of OpenSSH, Ed25519 keys only.
package struct SSHSignature: Sendable, Hashable {
  /// How the signed file was digested.
  package enum Digest: String, Sendable, Hashable {
    case sha256, sha512
  }

  /// The key that made it; to be compared with those that are trusted.
  package let key: Ed25519PublicKey
  /// What the signature is for, such as `slipway-plugin`.
  package let namespace: String
  /// How the file was digested.
  package let digest: Digest
  private let signature: [UInt8]

  /// Why a text is no such signature.
  package struct Malformed: Error, Sendable, Hashable, CustomStringConvertible {
    /// Expected and found, for the operator.
    package let description: String
  }

  /// Reads the armoured text.
  package init(_ text: String) throws(Malformed) {
    let lines = text.split(whereSeparator: \.isNewline).map { $0.filter { !$0.isWhitespace } }
    guard lines.first == "-----BEGINSSHSIGNATURE-----", lines.last == "-----ENDSSHSIGNATURE-----",
      let bytes = Base64.decode(lines.dropFirst().dropLast().joined())
    else { throw Malformed(description: "is no SSH signature; make it with `ssh-keygen -Y sign`") }
    var reader = Reader(rest: bytes[...])
    guard reader.bytes(6).map({ Array($0) }) == Array("SSHSIG".utf8), reader.uint32() == 1,
      let blob = reader.string(), let namespace = reader.string(), reader.string() != nil,
      let hash = reader.string(), let outer = reader.string(), reader.rest.isEmpty
    else { throw Malformed(description: "is an SSH signature of another version, or cut short") }
    guard let digest = Digest(rawValue: String(decoding: hash, as: UTF8.self)) else {
      throw Malformed(description: "digests the file with an algorithm other than sha256 and sha512")
    }
    var inner = Reader(rest: outer)
    let text = "\(Ed25519PublicKey.algorithm) \(Base64.encode(Array(blob)))"
    guard let key = try? Ed25519PublicKey(openSSH: text),
      inner.string().map({ Array($0) }) == Array(Ed25519PublicKey.algorithm.utf8), let signature = inner.string(),
      inner.rest.isEmpty, signature.count == 64
    else { throw Malformed(description: "was not made with an ssh-ed25519 key") }
    self.key = key
    self.namespace = String(decoding: namespace, as: UTF8.self)
    self.digest = digest
    self.signature = Array(signature)
  }

  /// Whether it is this key's signature of a file with that digest, which is of the kind that `digest` names.
  package func covers(_ bytes: [UInt8]) -> Bool {
    var writer = WireWriter()
    writer.string(namespace.utf8)
    writer.string([UInt8]())
    writer.string(digest.rawValue.utf8)
    writer.string(bytes)
    return key.verifies(signature, of: Array("SSHSIG".utf8) + writer.bytes)
  }

  private struct Reader {
    var rest: ArraySlice<UInt8>

    mutating func bytes(_ count: Int) -> ArraySlice<UInt8>? {
      guard count <= rest.count else { return nil }
      defer { rest = rest.dropFirst(count) }
      return rest.prefix(count)
    }

    mutating func uint32() -> UInt32? { bytes(4)?.reduce(0) { $0 << 8 | UInt32($1) } }

    mutating func string() -> ArraySlice<UInt8>? { uint32().flatMap { Int(exactly: $0) }.flatMap { bytes($0) } }
  }
}
