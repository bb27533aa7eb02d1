/// A credential in the form in which it goes on a request.
enum CredentialPlacement {
  /// Nothing is added.
  case nothing
  /// A whole header line.
  case headerLine(CredentialBytes)
  /// A query member, percent-encoded.
  case queryMember(CredentialBytes)
  /// `user:password` for libcurl, which makes the signature.
  case userPassword(CredentialBytes)

  /// Puts a credential into its scheme's form, and wipes the array. Nil where it is empty or cannot be in a header: a
  /// control byte such as a line end, or for user and password no colon.
  static func place(_ credential: inout [UInt8], scheme: CredentialScheme) -> CredentialPlacement? {
    if scheme == .none { return .nothing }
    guard !credential.isEmpty, credential.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else { return nil }
    switch scheme {
    case .none:
      return .nothing
    case .bearer:
      return .headerLine(joined("Authorization: Bearer ", &credential))
    case .header(let name):
      return .headerLine(joined("\(name): ", &credential))
    case .basic:
      guard credential.contains(UInt8(ascii: ":")) else { return nil }
      var encoded = base64(credential)
      let line = joined("Authorization: Basic ", &encoded)
      wipe(&credential)
      return .headerLine(line)
    case .query(let name):
      var encoded = percentEncoded(credential)
      let member = joined("\(String(decoding: percentEncoded(name.utf8), as: UTF8.self))=", &encoded)
      wipe(&credential)
      return .queryMember(member)
    case .awsSigV4:
      guard credential.contains(UInt8(ascii: ":")) else { return nil }
      return .userPassword(CredentialBytes(taking: &credential))
    }
  }

  private static func joined(_ prefix: String, _ secret: inout [UInt8]) -> CredentialBytes {
    var text: [UInt8] = []
    text.reserveCapacity(prefix.utf8.count + secret.count)
    text += prefix.utf8
    text += secret
    wipe(&secret)
    return CredentialBytes(taking: &text)
  }

  private static func wipe(_ bytes: inout [UInt8]) { _ = CredentialBytes(taking: &bytes) }

  /// Base64 of RFC 4648, section 4, with padding.
  static func base64(_ bytes: [UInt8]) -> [UInt8] {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var result: [UInt8] = []
    result.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let word = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
      for position in 0..<4 {
        let digit = digits[Int(word >> UInt32(18 - 6 * position)) & 63]
        result.append(position <= group.count ? digit : UInt8(ascii: "="))
      }
    }
    return result
  }
}
