package import Control
import Core
import Model

extension RecipeView {
  init(_ recipe: Recipe, _ ratings: [RecipeRating]) {
    self.init(
      name: recipe.name, description: recipe.description, author: recipe.author,
      createdAt: Timestamp(recipe.createdAt), forkedFrom: recipe.forkedFrom?.description, latest: recipe.latest,
      ratings: ratings.count, stars: ratings.mean)
  }
}

extension RecipeVersionView {
  init(_ version: RecipeVersion, _ ratings: [RecipeRating]) {
    self.init(
      recipe: version.recipe, version: version.number, interpreter: version.interpreter, sha256: version.sha256,
      bytes: version.body.bytes.count, inputs: version.inputs.map { RecipeInputView($0) },
      idempotent: version.idempotent, timeoutS: Int(clamping: version.timeoutMs / 1_000), notes: version.notes,
      createdAt: Timestamp(version.addedAt), ratings: ratings.count, stars: ratings.mean)
  }
}

extension [RecipeRating] {
  /// Their mean to a tenth; nil without any.
  var mean: Double? {
    isEmpty ? nil : (Double(reduce(0) { $0 + $1.stars }) / Double(count) * 10).rounded() / 10
  }
}

extension RecipeInputView {
  init(_ input: RecipeInput) {
    self.init(
      name: input.name, kind: input.kind.rawValue, choices: input.choices, default: input.defaultValue,
      required: input.required, secret: input.secret, description: input.description)
  }
}

extension RecipeInput {
  init(_ view: RecipeInputView) {
    self.init(
      name: view.name, kind: RecipeInputKind(rawValue: view.kind) ?? .string, choices: view.choices,
      defaultValue: view.default, required: view.required, secret: view.secret, description: view.description)
  }
}

extension RecipeUseView {
  init(_ use: RecipeUse) {
    self.init(
      recipe: use.recipe, version: use.version, sha256: use.sha256, inputs: use.values,
      secretInputs: use.sealed.map(\.name))
  }
}

extension LintView {
  /// The report as the API shows it.
  package init(_ report: RecipeChecker.Report) {
    self.init(
      holds: !report.findings.hasErrors, checked: report.checked, unchecked: report.unchecked,
      findings: report.findings.map {
        LintFindingView(
          severity: $0.severity.rawValue, code: $0.code, line: $0.line, message: $0.message, remedy: $0.remedy)
      })
  }
}

extension RecipeVersion {
  /// Whether it does the same in the same way, whatever its number and time.
  func isSame(as other: RecipeVersion) -> Bool {
    var other = other
    other.number = number
    other.addedAt = addedAt
    return self == other
  }

  /// What differs beside the script, a sentence each.
  func changes(since old: RecipeVersion) -> [String] {
    var changes: [String] = []
    if interpreter != old.interpreter { changes.append("interpreter: \(old.interpreter) → \(interpreter)") }
    if idempotent != old.idempotent { changes.append("idempotent: \(old.idempotent) → \(idempotent)") }
    if timeoutMs != old.timeoutMs { changes.append("timeout: \(old.timeoutMs / 1_000) s → \(timeoutMs / 1_000) s") }
    for input in old.inputs where !inputs.contains(where: { $0.name == input.name }) {
      changes.append("input \(input.name) is gone")
    }
    for input in inputs {
      guard let before = old.inputs.first(where: { $0.name == input.name }) else {
        changes.append("input \(input.name) is new: \(input.words)")
        continue
      }
      if before != input { changes.append("input \(input.name): \(before.words) → \(input.words)") }
    }
    return changes
  }
}

extension RecipeInput {
  fileprivate var words: String {
    var words = [kind == .choice ? "choice(\(choices.joined(separator: ",")))" : kind.rawValue]
    if required { words.append("required") }
    if secret { words.append("secret") }
    if let defaultValue { words.append("default \(defaultValue)") }
    return words.joined(separator: " ")
  }
}
