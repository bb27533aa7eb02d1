import Foundation

/// One measured number, with what it is held against.
struct Figure: Encodable, Sendable {
  /// What was measured.
  var name: String
  /// The number, in `unit`.
  var value: Double
  var unit: String
  /// What it should be; nil: printed for comparison only.
  var target: Target?
  /// The same thing, or the nearest there is, measured in the same run.
  var reference: String

  /// A bound, and on which side of it a value is good.
  enum Target: Sendable {
    case below(Double)
    case atMost(Double)
    case exactly(Double)
    case atLeast(Double)

    var text: String {
      switch self {
      case .below(let bound): "< \(Figure.text(bound))"
      case .atMost(let bound): "<= \(Figure.text(bound))"
      case .exactly(let bound): "= \(Figure.text(bound))"
      case .atLeast(let bound): ">= \(Figure.text(bound))"
      }
    }

    func holds(_ value: Double) -> Bool {
      switch self {
      case .below(let bound): value < bound
      case .atMost(let bound): value <= bound
      case .exactly(let bound): value == bound
      case .atLeast(let bound): value >= bound
      }
    }
  }

  init(_ name: String, _ value: Double, _ unit: String, _ target: Target? = nil, reference: String) {
    (self.name, self.value, self.unit, self.target, self.reference) = (name, value, unit, target, reference)
  }

  /// Whether the target is met; nil without one.
  var met: Bool? { target?.holds(value) }

  static func text(_ value: Double) -> String {
    value == value.rounded() ? String(format: "%.0f", value) : String(format: "%.2f", value)
  }

  private enum Member: String, CodingKey { case name, value, unit, target, met, reference }

  func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: Member.self)
    try members.encode(name, forKey: .name)
    try members.encode(value, forKey: .value)
    try members.encode(unit, forKey: .unit)
    try members.encode(target?.text, forKey: .target)
    try members.encode(met, forKey: .met)
    try members.encode(reference, forKey: .reference)
  }
}

/// A number could not be measured.
struct Unmeasured: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
