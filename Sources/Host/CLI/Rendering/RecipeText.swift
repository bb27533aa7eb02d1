package import Control

/// Recipes for people; pure.
package enum RecipeText {
  /// One line each.
  package static func list(_ recipes: [RecipeView], colours: Bool) -> String {
    guard !recipes.isEmpty else { return "no recipes; `slipway recipe templates` shows some to begin from\n" }
    var table = Table(["NAME", "VERSION", "RATING", "AUTHOR", "DESCRIPTION"])
    for recipe in recipes {
      table.add([
        Cell(recipe.name, .strong), Cell("\(recipe.latest)"), Cell(rating(recipe.ratings, recipe.stars)),
        Cell(recipe.author), Cell(recipe.description),
      ])
    }
    return table.text(colours: colours)
  }

  /// What became of a recipe that was added.
  package static func added(_ added: RecipeAddedView, colours: Bool) -> String {
    let name = "\(Plain.text(added.version.recipe))@\(added.version.version)"
    return (added.added ? "\(name) added\n" : "\(name) is there already, word for word\n")
      + findings(added.lint.findings, of: Plain.text(added.version.recipe), colours: colours)
  }

  /// Everything of one version.
  package static func show(_ recipe: RecipeView, _ version: RecipeVersionView, colours: Bool) -> String {
    var table = Table()
    table.add("recipe", "\(recipe.name)@\(version.version)", .strong)
    table.add("description", recipe.description)
    table.add("author", recipe.author)
    table.add("forked from", recipe.forkedFrom)
    table.add("newest", version.version == recipe.latest ? nil : "\(recipe.latest)")
    table.add("added", version.createdAt.description)
    table.add("notes", version.notes)
    table.add("interpreter", version.interpreter)
    table.add("size", "\(version.bytes) bytes, sha256 \(version.sha256)")
    table.add("run again", version.idempotent ? "may be (idempotent)" : "may not be")
    table.add("time", "at most \(TimeSpan.text(ms: Int64(version.timeoutS) * 1_000))")
    table.add("rating", rating(version.ratings, version.stars))
    var text = table.text(colours: colours)
    guard !version.inputs.isEmpty else { return text }
    var inputs = Table(["INPUT", "KIND", "DEFAULT", "", "DESCRIPTION"])
    for input in version.inputs {
      let marks = [input.required ? "required" : nil, input.secret ? "secret" : nil].compactMap { $0 }
      inputs.add([
        Cell(input.name, .strong),
        Cell(input.kind == "choice" ? input.choices.joined(separator: "|") : input.kind), Cell(input.default ?? "-"),
        Cell(marks.joined(separator: " ")), Cell(input.description),
      ])
    }
    text += "\n" + inputs.text(colours: colours)
    return text
  }

  /// Versions, a line each.
  package static func versions(_ versions: [RecipeVersionView], colours: Bool) -> String {
    var table = Table(["VERSION", "ADDED", "RATING", "SIZE", "SHA256", "NOTES"])
    for version in versions {
      table.add([
        Cell("\(version.version)", .strong), Cell(version.createdAt.description),
        Cell(rating(version.ratings, version.stars)), Cell("\(version.bytes)"),
        Cell(String(version.sha256.prefix(12))), Cell(version.notes),
      ])
    }
    return table.text(colours: colours)
  }

  /// A difference, in the form of `diff -u`.
  package static func diff(_ diff: RecipeDiffView, colours: Bool) -> String {
    var text = diff.changes.map { Plain.text($0) + "\n" }.joined()
    for line in diff.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      let style: Style = line.hasPrefix("+") ? .good : line.hasPrefix("-") ? .bad : .plain
      text += style.applied(to: Plain.text(String(line)), colours: colours) + "\n"
    }
    return text.isEmpty ? "\(Plain.text(diff.from)) and \(Plain.text(diff.to)) are equal\n" : text
  }

  /// What a lint found, in the form of compilers.
  package static func lint(_ lint: LintView, of file: String, colours: Bool) -> String {
    var text = findings(lint.findings, of: Plain.text(file), colours: colours)
    for tool in lint.unchecked { text += "not checked: \(Plain.text(tool))\n" }
    let errors = lint.findings.filter { $0.severity == "error" }.count
    text +=
      "\(errors) errors, \(lint.findings.count - errors) warnings; checked by \(lint.checked.joined(separator: ", "))\n"
    return text
  }

  static func findings(_ findings: [LintFindingView], of file: String, colours: Bool) -> String {
    findings.map { finding in
      let place = file + (finding.line.map { ":\($0)" } ?? "")
      let style: Style = finding.severity == "error" ? .bad : .busy
      let severity = style.applied(to: Plain.text(finding.severity), colours: colours)
      return "\(place): \(severity): \(Plain.text(finding.message)) [\(Plain.text(finding.code))]\n"
        + "    \(Plain.text(finding.remedy))\n"
    }.joined()
  }

  /// Templates, a line each.
  package static func templates(_ templates: [RecipeTemplate], colours: Bool) -> String {
    var table = Table(["TEMPLATE", "DESCRIPTION"])
    for template in templates { table.add([Cell(template.name, .strong), Cell(template.description)]) }
    return table.text(colours: colours)
  }

  /// A version with its values, a line each.
  static func use(_ use: RecipeUseView, in table: inout Table) {
    table.add("recipe", "\(use.recipe)@\(use.version)")
    for (name, value) in use.inputs.sorted(by: { $0.key < $1.key }) { table.add("input", "\(name)=\(value)") }
    for name in use.secretInputs { table.add("input", "\(name) (sealed)") }
  }

  private static func rating(_ count: Int, _ stars: Double?) -> String {
    stars.map { "\($0) of 5 (\(count))" } ?? "-"
  }
}
