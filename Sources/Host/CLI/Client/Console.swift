import Glibc

/// Where a command writes, and what can be shown there.
package struct Console: Sendable {
  /// Writes results.
  package var out: @Sendable (String) -> Void
  /// Writes notes and errors.
  package var err: @Sendable (String) -> Void
  /// Writes bytes that are no text of ours, as they are.
  package var raw: @Sendable ([UInt8]) -> Void
  /// Whether results may have colours.
  package var colours: Bool
  /// Whether a line of the results may redraw itself.
  package var redraws: Bool

  /// Makes a console.
  package init(
    out: @escaping @Sendable (String) -> Void, err: @escaping @Sendable (String) -> Void,
    raw: (@Sendable ([UInt8]) -> Void)? = nil, colours: Bool = false, redraws: Bool = false
  ) {
    self.out = out
    self.err = err
    self.raw = raw ?? { out(String(decoding: $0, as: UTF8.self)) }
    self.colours = colours
    self.redraws = redraws
  }

  /// The process's own descriptors 1 and 2. Colours and redrawing only on a terminal, and not where TERM is dumb;
  /// no colours with NO_COLOR (no-color.org).
  package static func process(environment: [String: String]) -> Console {
    let isTerminal = isatty(1) == 1 && environment["TERM"] != "dumb"
    let plain = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
    return Console(
      out: { write(Array($0.utf8), to: 1) }, err: { write(Array($0.utf8), to: 2) }, raw: { write($0, to: 1) },
      colours: isTerminal && !plain, redraws: isTerminal)
  }

  /// A reader that has gone is no failure of the command.
  private static func write(_ bytes: [UInt8], to descriptor: Int32) {
    bytes.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return }
      }
    }
  }
}
