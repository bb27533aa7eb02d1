/// One line of a timeline, as the archive keeps it.
package struct ArchiveEntry: Sendable, Hashable {
  /// Longest text that is kept, in UTF-8 bytes; the rest is cut off.
  package static let textLimit = 1 << 16

  /// Place in the archive, growing from 1; 0 before it is stored.
  package var number: Int64
  /// What it is about, such as a resource's id.
  package var resource: String
  /// When, in milliseconds since 1970.
  package var atMilliseconds: Int64
  /// What kind of line it is.
  package var kind: String
  /// The line, text or JSON; opaque to the archive.
  package var text: String

  /// Makes an entry that is not stored yet.
  package init(resource: String, atMilliseconds: Int64, kind: String, text: String) {
    number = 0
    self.resource = resource
    self.atMilliseconds = atMilliseconds
    self.kind = kind
    self.text = text
  }

  /// The text within its limit, cut between two characters.
  var boundedText: String.UTF8View {
    guard text.utf8.count > Self.textLimit else { return text.utf8 }
    var end = text.utf8.index(text.startIndex, offsetBy: Self.textLimit)
    while end > text.startIndex, end.samePosition(in: text) == nil { end = text.utf8.index(before: end) }
    return String(text[..<end]).utf8
  }
}
