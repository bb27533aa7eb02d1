/// One line of an OpenSSH public key.
package struct PublicKey: Sendable, Hashable {
  /// Algorithm, such as `ssh-ed25519`.
  package let algorithm: String
  /// The decoded key.
  package let blob: [UInt8]

  /// Parses `algorithm base64 [comment]`; nil where the text is none, or where the algorithm inside
  /// the key differs from the one in front.
  package init?(_ line: String) {
    let parts = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\n" })
    guard parts.count >= 2, !line.dropLast().contains("\n"), PublicKey.algorithms.contains(String(parts[0])),
      let blob = Base64.decode(String(parts[1])), blob.count > 4
    else { return nil }
    let length = blob[0..<4].reduce(0) { $0 << 8 | Int($1) }
    guard length > 0, length <= 64, blob.count > 4 + length,
      String(decoding: blob[4..<4 + length], as: UTF8.self) == parts[0]
    else { return nil }
    algorithm = String(parts[0])
    self.blob = blob
  }

  /// MD5 of the key as `aa:bb:…`.
  package var fingerprint: String { MD5.fingerprint(blob) }

  private static let algorithms: Set<String> = [
    "ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
  ]
}

/// Base64 with padding (RFC 4648, section 4).
package enum Base64 {
  /// The bytes; nil where the text is not base64.
  package static func decode(_ text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count % 4 == 0 else { return nil }
    let padding = digits.suffix(2).reduce(0) { $0 + ($1 == UInt8(ascii: "=") ? 1 : 0) }
    var out: [UInt8] = []
    var (buffer, bits) = (UInt32(0), 0)
    for digit in digits.dropLast(padding) {
      guard let value = value(digit) else { return nil }
      buffer = (buffer << 6 | value) & 0xFFFFFF
      bits += 6
      if bits >= 8 {
        bits -= 8
        out.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
      }
    }
    return out
  }

  private static func value(_ digit: UInt8) -> UInt32? {
    switch digit {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit) - 65
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit) - 71
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit) + 4
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
