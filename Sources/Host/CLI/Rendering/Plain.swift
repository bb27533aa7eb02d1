/// Makes foreign text safe to show on a terminal.
package enum Plain {
  /// The text on one line, without control characters or characters that reorder others.
  package static func text(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: result.append(" ")
      case .format, .surrogate, .privateUse: continue
      default: result.append(scalar)
      }
    }
    return String(result)
  }
}
