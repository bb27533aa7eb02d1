/// Checks one line of an authorized_keys file before it is handed to a machine; pure.
package enum SSHKeyLine {
  /// Why a line is no public key that can be used.
  package struct Problem: Error, Sendable, Hashable {
    /// What is wrong, to follow the thing's name.
    package var problem: String
    /// What would have been right.
    package var expected = "a public key line such as ssh-ed25519 AAAA… name"
    /// What was there; never the line itself.
    package var found: String
    /// What to do next.
    package var remedy: String?
  }

  /// Key types that OpenSSH 8.8 and later accept.
  package static let types = [
    "ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
  ]

  /// The line with single blanks and no surrounding white space; a private key is refused by name.
  ///
  /// Options before the type are refused: a command in them would run on every login.
  package static func checked(_ text: String) throws(Problem) -> String {
    if text.contains("PRIVATE KEY") {
      throw Problem(
        problem: "is a private key", found: "a private key",
        remedy: "pass the file that ends in .pub, and keep this one to yourself")
    }
    var line = text
    while let last = line.last, last.isWhitespace { line.removeLast() }
    guard line.utf8.count <= 16_384, RequestDecoding.isLine(line) else {
      throw Problem(problem: "is not one line", found: "several lines or control characters")
    }
    let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true)
    guard words.count >= 2 else { throw Problem(problem: "is not a public key", found: "\(words.count) words") }
    guard types.contains(String(words[0])) else {
      throw Problem(
        problem: "is of a type that cannot be used", expected: types.joined(separator: ", "),
        found: Members.shown(String(words[0].prefix(40))))
    }
    // The blob begins with its own type's name, 4 bytes of length before it.
    guard let blob = base64(words[1]), blob.count > 4 + words[0].utf8.count,
      blob.prefix(4).elementsEqual([0, 0, 0, UInt8(truncatingIfNeeded: words[0].utf8.count)]),
      blob.dropFirst(4).prefix(words[0].utf8.count).elementsEqual(words[0].utf8)
    else { throw Problem(problem: "is damaged", found: "a body that does not belong to \(words[0])") }
    let comment = words.dropFirst(2).map { $0.drop(while: \.isWhitespace) }
    return (words.prefix(2) + comment).joined(separator: " ")
  }

  private static func base64(_ text: Substring) -> [UInt8]? {
    var bytes: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    let body = text.utf8.prefix { $0 != UInt8(ascii: "=") }
    guard text.utf8.count % 4 == 0, text.utf8.dropFirst(body.count).allSatisfy({ $0 == UInt8(ascii: "=") }),
      text.utf8.count - body.count <= 2
    else { return nil }
    for byte in body {
      let value: UInt8
      switch byte {
      case 65...90: value = byte - 65
      case 97...122: value = byte - 71
      case 48...57: value = byte + 4
      case 43: value = 62
      case 47: value = 63
      default: return nil
      }
      bits = (bits << 6 | UInt32(value)) & 0xFFFFFF
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return bytes
  }
}
