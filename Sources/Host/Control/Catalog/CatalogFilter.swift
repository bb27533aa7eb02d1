/// Conditions on the entries of a catalog, such as `vcpu>=2,memory>=4,price<10`; pure.
///
/// All have to hold. What the cloud does not say is neither matched nor passed over in silence: such entries are counted
/// by field.
package struct CatalogFilter: Sendable, Hashable {
  /// One condition.
  package struct Term: Sendable, Hashable {
    /// The field.
    package var field: String
    /// How it is compared.
    package var comparison: CatalogOperator
    /// With what.
    package var value: CatalogValue
  }

  /// What a filter says of an entry.
  package enum Verdict: Sendable, Hashable {
    case holds, fails
    /// Nothing fails, but these fields are not known.
    case unknown([String])
  }

  /// The conditions, in the order of the text.
  package let terms: [Term]

  /// Reads conditions; at most 1000 bytes and 20 of them. What cannot be read is a failure that says what would be right.
  package init(_ text: String, of part: CatalogPart) throws(ControlFailure) {
    guard text.utf8.count <= 1000 else {
      throw Self.wrong("is too long", expected: "at most 1000 bytes", found: "\(text.utf8.count)")
    }
    let pieces = text.split(separator: ",", omittingEmptySubsequences: false)
    guard pieces.count <= 20 else {
      throw Self.wrong("has too many conditions", expected: "at most 20", found: "\(pieces.count)")
    }
    var terms: [Term] = []
    for piece in pieces { terms.append(try Self.term(Self.trimmed(piece), of: part)) }
    self.terms = terms
  }

  /// Tries an entry; `value` gives a field's value, nil where the cloud does not say.
  package func verdict(_ value: (String) -> CatalogValue?) -> Verdict {
    var unknown: [String] = []
    for term in terms {
      guard let found = value(term.field) else {
        if !unknown.contains(term.field) { unknown.append(term.field) }
        continue
      }
      guard Self.holds(found, term.comparison, term.value) else { return .fails }
    }
    return unknown.isEmpty ? .holds : .unknown(unknown)
  }

  // MARK: Reading

  private static let marks = Set("<>=!~")

  private static func term(_ text: Substring, of part: CatalogPart) throws(ControlFailure) -> Term {
    guard !text.isEmpty else {
      throw wrong(
        "has an empty condition", expected: "conditions such as \(example(part)), parted by commas", found: "nothing")
    }
    let name = trimmed(text.prefix { !marks.contains($0) })
    let rest = text.drop { !marks.contains($0) }
    let mark = String(rest.prefix { marks.contains($0) })
    let operand = trimmed(rest.dropFirst(mark.count))
    let field = try field(String(name), of: part)
    guard !mark.isEmpty else {
      throw wrong(
        "has no operator behind \(field.name)", expected: list(field.kind.operators.map(\.rawValue)),
        found: Members.shown(String(text)), remedy: "write for instance \(example(part))")
    }
    guard let comparison = CatalogOperator(rawValue: mark) else {
      throw wrong(
        "has no operator \(Members.shown(mark))", expected: list(field.kind.operators.map(\.rawValue)),
        found: Members.shown(mark), remedy: meant(mark).map { "did you mean \($0)?" })
    }
    guard field.kind.operators.contains(comparison) else {
      throw wrong(
        "cannot compare \(field.name) by \(mark): it is \(field.kind.name)",
        expected: list(field.kind.operators.map(\.rawValue)), found: mark)
    }
    guard let value = value(operand, field.kind) else {
      throw wrong(
        "has no usable value behind \(field.name)\(mark)",
        expected: field.kind == .number ? "a plain number such as 4 or 0.5" : field.kind.name,
        found: operand.isEmpty ? "nothing" : Members.shown(String(operand)))
    }
    return Term(field: field.name, comparison: comparison, value: value)
  }

  private static func field(_ name: String, of part: CatalogPart) throws(ControlFailure) -> CatalogField {
    if let field = part.fields.first(where: { $0.name == name.lowercased() }) { return field }
    let known = part.fields.map(\.name)
    throw wrong(
      name.isEmpty ? "has a condition without a field" : "has no field \(Members.shown(name))",
      expected: list(known), found: name.isEmpty ? "nothing" : Members.shown(name),
      remedy: Nearest.candidate(to: name, among: known).map { "did you mean \($0)?" }, allowed: known)
  }

  private static func value(_ text: Substring, _ kind: CatalogField.Kind) -> CatalogValue? {
    switch kind {
    case .text: text.isEmpty || !RequestDecoding.isLine(String(text)) ? nil : .text(text.lowercased())
    case .number: .decimal(text)
    case .flag:
      switch text.lowercased() {
      case "yes", "true": .flag(true)
      case "no", "false": .flag(false)
      default: nil
      }
    }
  }

  private static func holds(_ found: CatalogValue, _ comparison: CatalogOperator, _ wanted: CatalogValue) -> Bool {
    switch (found, wanted, comparison) {
    case (_, _, .equal): found == wanted
    case (_, _, .unequal): found != wanted
    case (.text(let text), .text(let part), .contains): text.contains(part)
    case (.number(let a), .number(let b), .less): a < b
    case (.number(let a), .number(let b), .atMost): a <= b
    case (.number(let a), .number(let b), .greater): a > b
    case (.number(let a), .number(let b), .atLeast): a >= b
    default: false
    }
  }

  private static func meant(_ mark: String) -> String? {
    switch mark {
    case "==", "===": "="
    case "<>", "!==", "=!": "!="
    case "=<": "<="
    case "=>": ">="
    case "=~", "~=": "~"
    default: nil
    }
  }

  private static func example(_ part: CatalogPart) -> String {
    switch part {
    case .types: "vcpu>=2"
    case .locations: "country=de"
    case .images: "name~debian"
    }
  }

  private static func list(_ words: [String]) -> String { words.joined(separator: " ") }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop { $0 == " " }
    while text.last == " " { text.removeLast() }
    return text
  }

  private static func wrong(
    _ problem: String, expected: String, found: String, remedy: String? = nil, allowed: [String] = []
  ) -> ControlFailure {
    Members.bad("where", problem, expected: expected, found: found, remedy: remedy, allowed: allowed)
  }
}
