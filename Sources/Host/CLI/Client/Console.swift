import Glibc

/// Where a command writes, and what can be shown there.
package struct Console: Sendable {
  /// Writes results.
  package var out: @Sendable (String) -> Void
  /// Writes notes and errors.
  package var err: @Sendable (String) -> Void
  /// Whether results may have colours.
  package var colours: Bool
  /// Whether a line of the results may redraw itself.
  package var redraws: Bool

  /// Makes a console.
  package init(
    out: @escaping @Sendable (String) -> Void, err: @escaping @Sendable (String) -> Void, colours: Bool = false,
    redraws: Bool = false
  ) {
    self.out = out
    self.err = err
    self.colours = colours
    self.redraws = redraws
  }

  /// The process's own descriptors 1 and 2. Colours and redrawing only on a terminal, and not where TERM is dumb;
  /// no colours with NO_COLOR (no-color.org).
  package static func process(environment: [String: String]) -> Console {
    let isTerminal = isatty(1) == 1 && environment["TERM"] != "dumb"
    let plain = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
    return Console(
      out: { write($0, to: 1) }, err: { write($0, to: 2) }, colours: isTerminal && !plain, redraws: isTerminal)
  }

  /// A reader that has gone is no failure of the command.
  private static func write(_ text: String, to descriptor: Int32) {
    let bytes = Array(text.utf8)
    bytes.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return }
      }
    }
  }
}
