/// Where a notice may be carried to; pure.
package enum CourierRules {
  /// Why a connection to an address is refused for a webhook, in a sentence; nil where it is allowed. An offering's owner
  /// chooses the address, so only the operator's `allowPrivate` opens anything but the internet.
  static func webhookRefusal(
    _ address: AddressRules.Address, scheme: Origin.Scheme, allowPrivate: Bool
  ) -> String? {
    let kind = AddressRules.kind(address)
    if address == .unix || kind == .reserved { return "the webhook's name stands for a reserved address" }
    if kind != .global, !allowPrivate {
      return "the webhook's name stands for a \(kind.rawValue) address; the operator may allow it: notify.allow_private"
    }
    if scheme == .http, kind != .loopback { return "a webhook's plain http is allowed only to loopback" }
    return nil
  }

  /// Whether a text is one plain e-mail address: `local@domain`, ASCII, dot-atoms (RFC 5322 section 3.4.1, without quoted
  /// strings and comments), at most 254 bytes, the local part at most 64. Nothing in it can end a header or a command.
  package static func isMailAddress(_ text: String) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    guard parts.count == 2, text.utf8.count <= 254, parts[0].count <= 64 else { return false }
    let dot = UInt8(ascii: ".")
    let local = parts[0].split(separator: dot, omittingEmptySubsequences: false)
    let domain = parts[1].split(separator: dot, omittingEmptySubsequences: false)
    return local.allSatisfy { atom in
      !atom.isEmpty
        && atom.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || "!#$%&'*+-/=?^_`{|}~".utf8.contains($0) }
    }
      && domain.allSatisfy { label in
        (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
          && label.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "-") }
      }
  }
}
