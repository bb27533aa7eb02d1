package import Control
import Core
import Crypto
package import Model

extension Backend {
  var recipeDesk: RecipeDesk { RecipeDesk(library: recipes, vault: vault, clock: clock) }

  /// Adds a recipe or its next version.
  package func addRecipe(_ new: NewRecipe) async throws(ControlFailure) -> RecipeAddedView {
    let report = await recipeChecker.check(new.body.bytes)
    let errors = report.findings.filter { $0.severity == .error }
    guard errors.isEmpty else {
      throw ControlFailure(
        .invalidSpec,
        "recipe \(new.name) was not taken: \(errors[0].line.map { "line \($0): " } ?? "")\(errors[0].message)",
        remedy: errors[0].remedy,
        violations: errors.prefix(50).map { finding in
          ViolationView(
            path: finding.line.map { "body:\($0)" } ?? "body",
            message: "\(finding.code): \(finding.message); \(finding.remedy)")
        })
    }
    let known = await recipes.recipe(new.name)
    let version = try version(new, number: (known?.latest ?? 0) + 1)
    let header = RecipeHeader(new.body.bytes)
    var recipe =
      known
      ?? Recipe(name: new.name, description: "", author: "", createdAt: clock.now())
    recipe.description = String((new.description ?? header.description ?? recipe.description).prefix(256))
    recipe.author = String((new.author ?? header.author ?? recipe.author).prefix(128))
    if let known, let last = await recipes.version(RecipeReference(recipe: known.name, version: known.latest)),
      recipe == known, last.isSame(as: version)
    {
      return RecipeAddedView(
        recipe: await view(known), version: await view(last), added: false, lint: LintView(report))
    }
    guard version.number <= RecipeLimits.versions else {
      throw ControlFailure(.conflict, "recipe \(new.name) has \(RecipeLimits.versions) versions already")
    }
    recipe.latest = version.number
    try await store(recipe, version)
    return RecipeAddedView(
      recipe: await view(recipe), version: await view(version), added: true, lint: LintView(report))
  }

  private func store(_ recipe: Recipe, _ version: RecipeVersion) async throws(ControlFailure) {
    try await stored {
      do { try await recipes.add(recipe, version) } catch LedgerError.conflict {
        throw ControlFailure(
          .conflict, "recipe \(recipe.name) was changed by somebody else just now", remedy: "look at it, then try again"
        )
      }
    }
  }

  private func version(_ new: NewRecipe, number: Int) throws(ControlFailure) -> RecipeVersion {
    let header = RecipeHeader(new.body.bytes)
    let inputs = new.inputs?.map { RecipeInput($0) } ?? header.inputs
    let violations = InputRules.violations(inputs)
    if let first = violations.first {
      throw ControlFailure(
        .invalidSpec, "recipe \(new.name) was not taken: \(first.path) \(first.message)",
        violations: violations.map { ViolationView(path: $0.path, message: $0.message) })
    }
    return RecipeVersion(
      recipe: new.name, number: number, interpreter: (Shebang(new.body.bytes) ?? .usual).interpreter, body: new.body,
      sha256: SHA256.hex(new.body.bytes), inputs: inputs, idempotent: new.idempotent ?? header.idempotent ?? false,
      timeoutMs: new.timeoutS.map { Int64($0) * 1_000 } ?? header.timeoutMs ?? RecipeLimits.usualTimeoutMs,
      notes: String((new.notes ?? header.notes ?? "").prefix(4_096)), addedAt: clock.now())
  }

  /// Recipes that hold every word of the search.
  package func recipes(search: String?) async throws(ControlFailure) -> [RecipeView] {
    let words = (search ?? "").lowercased().split(whereSeparator: \.isWhitespace)
    var views: [RecipeView] = []
    for recipe in await recipes.all {
      let text = "\(recipe.name) \(recipe.description) \(recipe.author)".lowercased()
      if words.allSatisfy({ text.contains($0) }) { views.append(await view(recipe)) }
    }
    return views
  }

  /// One recipe.
  package func recipe(_ name: String) async throws(ControlFailure) -> RecipeView {
    await view(try await knownRecipe(name))
  }

  private func knownRecipe(_ name: String) async throws(ControlFailure) -> Recipe {
    guard let recipe = await recipes.recipe(name) else {
      throw recipeDesk.unknown(name, among: await recipes.all.map(\.name))
    }
    return recipe
  }

  /// Every version, the newest first.
  package func recipeVersions(_ name: String) async throws(ControlFailure) -> [RecipeVersionView] {
    _ = try await knownRecipe(name)
    var views: [RecipeVersionView] = []
    for version in await recipes.versions(of: name).reversed() { views.append(await view(version)) }
    return views
  }

  /// One version with its script.
  package func recipeVersion(_ name: String, _ number: Int?) async throws(ControlFailure) -> RecipeVersionView {
    let version = try await recipeDesk.version(RecipeName(name, number))
    var view = await view(version)
    view.body = String(validating: version.body.bytes, as: UTF8.self)
    if view.body == nil { view.bodyBase64 = version.body.base64 }
    return view
  }

  /// What differs between two versions.
  package func diffRecipes(from: RecipeName, to: RecipeName) async throws(ControlFailure) -> RecipeDiffView {
    let old = try await recipeDesk.version(from)
    let new = try await recipeDesk.version(to)
    let diff = LineDiff(from: old.body.bytes, to: new.body.bytes)
    return RecipeDiffView(
      from: "\(old.reference)", to: "\(new.reference)", added: diff.added, removed: diff.removed,
      changes: new.changes(since: old), text: diff.unified(from: "\(old.reference)", to: "\(new.reference)"))
  }

  /// Says what is wrong with a script.
  package func lintRecipe(_ body: RecipeBody) async throws(ControlFailure) -> LintView {
    LintView(await recipeChecker.check(body.bytes))
  }

  /// Copies a version into a recipe of its own.
  package func forkRecipe(_ source: RecipeName, to name: String, author: String?) async throws(ControlFailure)
    -> RecipeView
  {
    var version = try await recipeDesk.version(source)
    guard await recipes.recipe(name) == nil else {
      throw ControlFailure(.alreadyExists, "recipe \(name) exists", remedy: "choose another name")
    }
    let old = try await knownRecipe(source.recipe)
    let recipe = Recipe(
      name: name, description: old.description, author: author ?? old.author, createdAt: clock.now(),
      forkedFrom: version.reference)
    version.notes = "forked from \(version.reference)"
    version.recipe = name
    version.number = 1
    version.addedAt = clock.now()
    try await store(recipe, version)
    return await view(recipe)
  }

  /// Keeps a tenant's rating.
  package func rateRecipe(_ new: NewRating) async throws(ControlFailure) -> RecipeView {
    let recipe = try await knownRecipe(new.recipe)
    let version = try await recipeDesk.version(RecipeName(new.recipe, new.version))
    let hadIt = await pump.read { engine in
      engine.machines.contains { machine in
        machine.resource.tenant == new.tenant
          && (machine.resource.offering.recipe?.reference == version.reference
            || machine.resource.runs.contains { $0.recipe == version.reference })
      }
    }
    guard hadIt else {
      throw ControlFailure(
        .conflict, "tenant \(new.tenant) has no resource that was made with \(version.reference)",
        remedy: "only who has used a version can rate it")
    }
    let rating = RecipeRating(
      recipe: new.recipe, version: new.version, tenant: new.tenant, stars: new.stars, comment: new.comment,
      at: clock.now())
    try await stored { try await recipes.rate(rating) }
    return await view(recipe)
  }

  /// Every rating, the newest first.
  package func recipeRatings(_ name: String) async throws(ControlFailure) -> [RecipeRatingView] {
    _ = try await knownRecipe(name)
    return await recipes.ratings(of: name).reversed().map {
      RecipeRatingView(
        version: $0.version, tenant: $0.tenant, stars: $0.stars, comment: $0.comment, at: Timestamp($0.at))
    }
  }

  /// Forgets a recipe that nobody needs.
  package func removeRecipe(_ name: String) async throws(ControlFailure) {
    _ = try await knownRecipe(name)
    let needed = try await stored {
      try await recipes.remove(name) { [registry, pump] in
        let offerings = await registry.allOfferings.filter { $0.recipe?.recipe == name }.map(\.name)
        if !offerings.isEmpty { return "offerings \(offerings.prefix(5).joined(separator: ", "))" }
        let resources = await pump.read { engine in
          engine.machines.map(\.resource).filter { resource in
            !resource.state.isFinal
              && (resource.offering.recipe?.recipe == name || resource.runs.contains { $0.use?.recipe == name })
          }.map { "\($0.id)" }
        }
        return resources.isEmpty ? nil : "resources \(resources.prefix(3).joined(separator: ", "))"
      }
    }
    guard let needed else { return }
    throw ControlFailure(
      .inUse, "recipe \(name) is still needed by \(needed)",
      remedy: "remove the offering, or terminate the resource first")
  }

  /// Asks for another version on a resource.
  package func upgrade(_ text: String, to upgrade: RecipeUpgrade) async throws(ControlFailure) -> AcceptedView {
    guard let id = ULID(text), let resource = await pump.read({ $0.machine(id)?.resource }) else {
      throw notFound("resource", text, among: [])
    }
    guard let current = resource.offering.recipe else {
      throw ControlFailure(
        .unsupported, "resource \(text) was made without a recipe",
        remedy: "provision from an offering with a recipe: `slipway offering add NAME --recipe RECIPE …`")
    }
    guard await recipes.hold(current.recipe) else {
      throw recipeDesk.unknown(current.recipe, among: await recipes.all.map(\.name))
    }
    let use: RecipeUse
    do throws(ControlFailure) {
      use = try await recipeDesk.upgrade(
        of: current, to: upgrade.recipeVersion, with: upgrade.inputs, for: "resource \(text)")
    } catch {
      await recipes.release(current.recipe)
      throw error
    }
    let answer = await pump.ask(.upgrade(id, use))
    await recipes.release(current.recipe)
    return try accepted(answer, text, replayed: false)
  }

  private func view(_ recipe: Recipe) async -> RecipeView {
    RecipeView(recipe, await recipes.ratings(of: recipe.name))
  }

  private func view(_ version: RecipeVersion) async -> RecipeVersionView {
    RecipeVersionView(version, await recipes.ratings(of: version.recipe).filter { $0.version == version.number })
  }
}
