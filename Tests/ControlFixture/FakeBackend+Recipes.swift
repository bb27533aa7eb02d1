package import Control
package import Model

// Recipes in memory.
extension FakeBackend {
  package static let recipe = RecipeView(
    name: "web", description: "A web server", author: "joe", createdAt: Timestamp(ms: 0), latest: 2, ratings: 2,
    stars: 4.5)
  package static let version = RecipeVersionView(
    recipe: "web", version: 2, sha256: String(repeating: "ab", count: 32), bytes: 10,
    inputs: [
      RecipeInputView(name: "PORT", kind: "integer", default: "80", description: "where it listens"),
      RecipeInputView(name: "PASSWORD", required: true, secret: true),
    ], createdAt: Timestamp(ms: 0), body: "#!/bin/sh\n")
  package static let lint = LintView(
    holds: true, checked: ["reading"],
    findings: [
      LintFindingView(
        severity: "warning", code: "no_errexit", line: 1, message: "a failure goes on", remedy: "put `set -eu` there")
    ])

  package func addRecipe(_ recipe: NewRecipe) async throws(ControlFailure) -> RecipeAddedView {
    try note("add recipe \(recipe.name) of \(recipe.body.bytes.count) bytes") { _ in
      RecipeAddedView(recipe: Self.recipe, version: Self.version, added: true, lint: Self.lint)
    }
  }
  package func recipes(search: String?) async throws(ControlFailure) -> [RecipeView] {
    try note("recipes \(search ?? "*")") { _ in [Self.recipe] }
  }
  package func recipe(_ name: String) async throws(ControlFailure) -> RecipeView {
    try note("recipe \(name)") { _ in Self.recipe }
  }
  package func recipeVersions(_ name: String) async throws(ControlFailure) -> [RecipeVersionView] {
    try note("versions \(name)") { _ in [Self.version] }
  }
  package func recipeVersion(_ name: String, _ number: Int?) async throws(ControlFailure) -> RecipeVersionView {
    try note("version \(RecipeName(name, number))") { _ in Self.version }
  }
  package func diffRecipes(from: RecipeName, to: RecipeName) async throws(ControlFailure) -> RecipeDiffView {
    try note("diff \(from) \(to)") { _ in
      RecipeDiffView(from: "\(from)", to: "\(to)", added: 1, removed: 0, text: "--- a\n+++ b\n@@ -0,0 +1 @@\n+x\n")
    }
  }
  package func lintRecipe(_ body: RecipeBody) async throws(ControlFailure) -> LintView {
    try note("lint \(body.bytes.count) bytes") { _ in Self.lint }
  }
  package func forkRecipe(_ source: RecipeName, to name: String, author: String?) async throws(ControlFailure)
    -> RecipeView
  {
    try note("fork \(source) to \(name) by \(author ?? "-")") { _ in Self.recipe }
  }
  package func rateRecipe(_ rating: NewRating) async throws(ControlFailure) -> RecipeView {
    try note("rate \(rating.recipe)@\(rating.version) \(rating.stars) by \(rating.tenant): \(rating.comment)") { _ in
      Self.recipe
    }
  }
  package func recipeRatings(_ name: String) async throws(ControlFailure) -> [RecipeRatingView] {
    try note("ratings \(name)") { _ in [] }
  }
  package func removeRecipe(_ name: String) async throws(ControlFailure) { try note("remove recipe \(name)") { _ in } }
  package func upgrade(_ id: String, to upgrade: RecipeUpgrade) async throws(ControlFailure) -> AcceptedView {
    let inputs = upgrade.inputs.plain.map { "\($0)=\($1)" } + upgrade.inputs.secret.keys.map { "\($0)=?" }
    return try note("upgrade \(id) to \(upgrade.recipeVersion.map { "\($0)" } ?? "latest") \(inputs.sorted())") { _ in
      AcceptedView(resourceId: id, operationId: Sample.operation)
    }
  }
}
