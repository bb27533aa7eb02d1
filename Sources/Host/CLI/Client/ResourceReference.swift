import Control

/// Finds the resource that a person means by a part of its id; pure.
package enum ResourceReference {
  /// Whether the text is a whole id, which needs no search.
  package static func isWhole(_ text: String) -> Bool { text.utf8.count == 26 }

  /// The one id that begins or ends with the text, in any case. A whole id is taken as it is.
  package static func resolve(_ text: String, among ids: [String]) throws(CommandFailure) -> String {
    let wanted = text.uppercased()
    if isWhole(wanted) { return wanted }
    let fits = wanted.isEmpty ? [] : ids.filter { $0.hasPrefix(wanted) || $0.hasSuffix(wanted) }
    if fits.count == 1, let id = fits.first { return id }
    guard !fits.isEmpty else {
      throw CommandFailure(
        ControlFailure(
          .notFound, "no resource has an id that begins or ends with \(Secrecy.shown(text))",
          remedy: "`slipway resource list --all` shows the ids"))
    }
    let shown = fits.prefix(5).joined(separator: ", ") + (fits.count > 5 ? " and \(fits.count - 5) more" : "")
    throw CommandFailure.usage(
      "\(Secrecy.shown(text)) fits \(fits.count) resources", expected: "enough of the id to be the only one",
      found: shown, remedy: "give more of its beginning or end")
  }
}
