/// The name of an image with a tag or a digest, such as `debian:12` or `registry.example:5000/team/app@sha256:…`.
///
/// Grammar: distribution/reference. Without tag and digest the engine would pull every tag there is: refused.
struct ImageReference: Sendable, Hashable {
  /// As it was written.
  let text: String
  /// Without tag and digest.
  let name: String
  /// The tag, or the digest where there is one.
  let version: String

  /// Most segments of a name between slashes, as far as the manifest's routes go.
  static let mostSegments = 6

  /// Why a text is none, for a person.
  struct Problem: Error, Sendable, Hashable {
    let message: String
  }

  /// Reads a reference.
  init(_ text: String) throws(Problem) {
    self.text = text
    var rest = text[...]
    var digest: Substring?
    if let at = rest.firstIndex(of: "@") {
      digest = rest[rest.index(after: at)...]
      rest = rest[..<at]
    }
    var tag: Substring?
    let lastSlash = rest.lastIndex(of: "/") ?? rest.startIndex
    if let colon = rest.lastIndex(of: ":"), colon > lastSlash {
      tag = rest[rest.index(after: colon)...]
      rest = rest[..<colon]
    }
    name = String(rest)
    guard Self.isName(rest) else {
      throw Problem(message: "'\(text.prefix(100))' is no image: expected a name with a tag, such as debian:12")
    }
    guard name != "sha256" else {
      throw Problem(message: "an image is named by its tag or digest, not by its id, which only one engine knows")
    }
    guard digest.map(Self.isDigest) ?? true, tag.map(Self.isTag) ?? true else {
      throw Problem(message: "'\(text.prefix(100))' has a tag or digest that cannot be one")
    }
    guard let version = digest ?? tag else {
      throw Problem(
        message: "image '\(text.prefix(100))' has no tag: it would mean all tags; name one, such as \(name):latest")
    }
    self.version = String(version)
  }

  private static func isName(_ name: Substring) -> Bool {
    let segments = name.split(separator: "/", omittingEmptySubsequences: false)
    guard name.utf8.count <= 255, segments.count <= mostSegments, let first = segments.first else { return false }
    let hasRegistry =
      segments.count > 1 && (first == "localhost" || first.utf8.contains { ".:".utf8.contains($0) })
    if hasRegistry {
      let hostPort = first.split(separator: ":", omittingEmptySubsequences: false)
      guard hostPort.count <= 2, isComponent(hostPort[0], extra: "ABCDEFGHIJKLMNOPQRSTUVWXYZ") else { return false }
      if hostPort.count == 2, UInt16(hostPort[1]) == nil { return false }
    }
    return segments.dropFirst(hasRegistry ? 1 : 0).allSatisfy { isComponent($0) }
  }

  private static func isComponent(_ text: Substring, extra: String = "") -> Bool {
    let letters = "abcdefghijklmnopqrstuvwxyz0123456789\(extra)".utf8
    guard let first = text.utf8.first, let last = text.utf8.last, letters.contains(first), letters.contains(last)
    else { return false }
    return text.utf8.allSatisfy { letters.contains($0) || "._-".utf8.contains($0) }
  }

  private static func isTag(_ tag: Substring) -> Bool {
    guard let first = tag.utf8.first, tag.utf8.count <= 128, !".-".utf8.contains(first) else { return false }
    return tag.utf8.allSatisfy { isWord($0) || ".-".utf8.contains($0) }
  }

  private static func isDigest(_ digest: Substring) -> Bool {
    let parts = digest.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0] == "sha256" || parts[0] == "sha512" else { return false }
    return parts[1].utf8.count == (parts[0] == "sha256" ? 64 : 128) && parts[1].allSatisfy(\.isHexDigit)
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
      || byte == UInt8(ascii: "_")
  }
}
