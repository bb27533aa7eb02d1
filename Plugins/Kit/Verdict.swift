public import PluginMessages

/// Whether one placement can be bought.
public enum Verdict: Sendable, Hashable {
  /// It can.
  case holds(ValidatedPlacement)
  /// It exists, and there is none left; the text says what and where.
  case soldOut(String)
  /// It can never work.
  case wrong([Violation])
}

extension ValidateRequest {
  /// The reply to validate from a verdict on each placement, in order.
  ///
  /// Throws INVALID_SPEC with all violations when one can never work, NO_CAPACITY when none is in stock.
  public func settle(
    _ judge: (PlacementSpec, Int) throws(CloudFailure) -> Verdict
  ) throws(CloudFailure) -> ValidateReply {
    var held: [ValidatedPlacement] = []
    var violations: [Violation] = []
    var soldOut: [String] = []
    for (index, spec) in placements.enumerated() {
      switch try judge(spec, index) {
      case .holds(let placement): held.append(placement)
      case .soldOut(let text): soldOut.append(text)
      case .wrong(let found): violations += found
      }
    }
    if !violations.isEmpty {
      throw CloudFailure(
        .invalidSpec, violations.map { "\($0.path): \($0.message)" }.joined(separator: "; "),
        remedy: "correct the offering; allowed values are listed, the likeliest first", mayExist: false,
        violations: violations)
    }
    if held.isEmpty {
      throw CloudFailure(
        .noCapacity, soldOut.joined(separator: "; "),
        remedy: "wait, or add a placement with another location or machine type", mayExist: false)
    }
    return ValidateReply(placements: held)
  }
}

extension Sequence<String> {
  /// The names likeliest to be meant, the likeliest first.
  public func nearest(to name: String) -> [String] { Nearest.to(name, among: self) }
}
