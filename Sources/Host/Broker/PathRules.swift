/// What a path may hold, so that no server, proxy or URL parser reads another place into it.
package enum PathRules {
  /// Refuses a path that does not begin with exactly one `/`; holds a control byte, space, backslash, `#`, `?` or a
  /// byte above 126; has a broken escape, one of a control byte or backslash, or escapes that are not UTF-8; or has a
  /// segment that is `.` or `..` after decoding, counting an escaped `/` as a separator and ignoring `;` parameters. At most 8 KiB.
  package static func check(_ path: String) throws(BrokerRefusal) {
    func refuse(_ expected: String) -> BrokerRefusal {
      BrokerRefusal(.path, "path \"\(shown(path))\": expected \(expected)")
    }
    let bytes = Array(path.utf8)
    guard bytes.first == UInt8(ascii: "/"), bytes.dropFirst().first != UInt8(ascii: "/") else {
      throw refuse("it to begin with exactly one /")
    }
    guard bytes.count <= 8192 else { throw refuse("at most 8192 bytes") }
    guard bytes.allSatisfy({ (0x21...0x7e).contains($0) && !"\\#?".utf8.contains($0) }) else {
      throw refuse("percent-encoded ASCII without space, control byte, backslash, # and ?")
    }
    guard let decoded = percentDecoded(bytes) else { throw refuse("two hexadecimal digits after each %") }
    guard decoded.allSatisfy({ $0 >= 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "\\") }) else {
      throw refuse("no escaped control byte or backslash")
    }
    // Else an over-long form such as %c0%ae could be somebody's dot.
    guard String(validating: decoded, as: UTF8.self) != nil else { throw refuse("escapes that are UTF-8") }
    for segment in decoded.split(separator: UInt8(ascii: "/")) {
      let name = segment.prefix { $0 != UInt8(ascii: ";") }
      if name.elementsEqual([0x2e]) || name.elementsEqual([0x2e, 0x2e]) { throw refuse("no segment . or ..") }
    }
  }

  /// Whether a checked path has the template's segments; see ``BrokerRoute/path``. With `externalIds`, the decoded
  /// segment in the place of `{external_id}` must be one of them.
  package static func matches(_ path: String, template: String, externalIds: Set<String>?) -> Bool {
    let slash = UInt8(ascii: "/")
    let found = path.utf8.split(separator: slash, omittingEmptySubsequences: false)
    let wanted = template.utf8.split(separator: slash, omittingEmptySubsequences: false)
    guard found.count == wanted.count else { return false }
    for (segment, pattern) in zip(found, wanted) {
      if pattern.elementsEqual("{}".utf8) {
        if !isOne(segment) { return false }
      } else if pattern.elementsEqual("{external_id}".utf8) {
        guard isOne(segment), let decoded = percentDecoded(segment) else { return false }
        if let externalIds, !externalIds.contains(String(decoding: decoded, as: UTF8.self)) { return false }
      } else if !segment.elementsEqual(pattern) {
        return false
      }
    }
    return true
  }

  /// Whether a segment of a checked path is, decoded, one of these ids.
  static func names(_ path: String, oneOf ids: Set<String>) -> Bool {
    path.utf8.split(separator: UInt8(ascii: "/")).contains { segment in
      percentDecoded(segment).map { ids.contains(String(decoding: $0, as: UTF8.self)) } ?? false
    }
  }

  /// Whether a segment is one segment after decoding too: not empty and without an escaped `/`.
  private static func isOne(_ segment: Substring.UTF8View) -> Bool {
    guard let decoded = percentDecoded(segment) else { return false }
    return !decoded.isEmpty && !decoded.contains(UInt8(ascii: "/"))
  }
}
