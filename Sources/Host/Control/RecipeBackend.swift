package import Model

/// What the control API can ask of the daemon about recipes.
package protocol RecipeBackend: Sendable {
  /// Adds a recipe, or the next version of one that exists; a request that equals the newest version adds nothing.
  /// INVALID_SPEC where the script has errors.
  func addRecipe(_ recipe: NewRecipe) async throws(ControlFailure) -> RecipeAddedView
  /// Recipes whose name, description or author holds every word of `search`, by name; nil: all.
  func recipes(search: String?) async throws(ControlFailure) -> [RecipeView]
  /// One recipe; NOT_FOUND.
  func recipe(_ name: String) async throws(ControlFailure) -> RecipeView
  /// Every version without its script, the newest first.
  func recipeVersions(_ name: String) async throws(ControlFailure) -> [RecipeVersionView]
  /// One version with its script; the newest without a number.
  func recipeVersion(_ name: String, _ number: Int?) async throws(ControlFailure) -> RecipeVersionView
  /// What differs between two versions, of one recipe or of two.
  func diffRecipes(from: RecipeName, to: RecipeName) async throws(ControlFailure) -> RecipeDiffView
  /// Says what is wrong with a script, and stores nothing.
  func lintRecipe(_ body: RecipeBody) async throws(ControlFailure) -> LintView
  /// Makes a new recipe whose version 1 is a copy of a version of another.
  func forkRecipe(_ source: RecipeName, to name: String, author: String?) async throws(ControlFailure) -> RecipeView
  /// Keeps what a tenant thinks of a version, in place of what it thought before; CONFLICT for a tenant that never had it.
  func rateRecipe(_ rating: NewRating) async throws(ControlFailure) -> RecipeView
  /// Every rating, the newest first.
  func recipeRatings(_ name: String) async throws(ControlFailure) -> [RecipeRatingView]
  /// Forgets a recipe with its versions and ratings; IN_USE while an offering or a resource that has not ended has it.
  func removeRecipe(_ name: String) async throws(ControlFailure)
  /// Keeps the wish that another version of its recipe is run on a resource that is handed over.
  func upgrade(_ id: String, to upgrade: RecipeUpgrade) async throws(ControlFailure) -> AcceptedView
}

/// A recipe with or without a version, as people write it: `NAME` or `NAME@VERSION`.
package struct RecipeName: Sendable, Hashable, CustomStringConvertible {
  /// Name of the recipe.
  package var recipe: String
  /// Number of the version, 1 or more; nil: the newest.
  package var version: Int?

  /// Makes a name.
  package init(_ recipe: String, _ version: Int? = nil) {
    self.recipe = recipe
    self.version = version
  }

  /// Reads `NAME`, `NAME@VERSION` or `NAME@latest`.
  package init(_ text: String, at path: String) throws(ControlFailure) {
    let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    recipe = parts.first ?? ""
    guard RequestDecoding.isName(recipe) else {
      throw Members.bad(path, "is no recipe", expected: "NAME or NAME@VERSION", found: Members.shown(text))
    }
    guard parts.count > 1, parts[1] != "latest" else { return }
    guard let number = Int(parts[1]), (1...RecipeLimits.versions).contains(number) else {
      throw Members.bad(
        path, "names no version", expected: "a number from 1, or latest", found: Members.shown(parts[1]))
    }
    version = number
  }

  /// As people write it.
  package var description: String { version.map { "\(recipe)@\($0)" } ?? recipe }
}

/// What POST /v1/recipes asks for. What it leaves out, the comments at the script's beginning say, or the usual holds.
package struct NewRecipe: Sendable, Hashable {
  /// Name, shaped as an account's.
  package var name: String
  /// The script.
  package var body: RecipeBody
  /// What it makes of a machine.
  package var description: String?
  /// Who wrote it.
  package var author: String?
  /// What changed.
  package var notes: String?
  /// What it takes.
  package var inputs: [RecipeInputView]?
  /// Whether it may be run again.
  package var idempotent: Bool?
  /// Seconds after which a run is ended.
  package var timeoutS: Int?

  /// Makes a request.
  package init(
    name: String, body: RecipeBody, description: String? = nil, author: String? = nil, notes: String? = nil,
    inputs: [RecipeInputView]? = nil, idempotent: Bool? = nil, timeoutS: Int? = nil
  ) {
    self.name = name
    self.body = body
    self.description = description
    self.author = author
    self.notes = notes
    self.inputs = inputs
    self.idempotent = idempotent
    self.timeoutS = timeoutS
  }
}

extension NewRecipe: Encodable {
  private enum Key: String, CodingKey {
    case name, description, author, notes, inputs, idempotent, timeoutS, body, bodyBase64
  }

  /// Writes the script as text where it is text.
  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(name, forKey: .name)
    try values.encodeIfPresent(description, forKey: .description)
    try values.encodeIfPresent(author, forKey: .author)
    try values.encodeIfPresent(notes, forKey: .notes)
    try values.encodeIfPresent(inputs, forKey: .inputs)
    try values.encodeIfPresent(idempotent, forKey: .idempotent)
    try values.encodeIfPresent(timeoutS, forKey: .timeoutS)
    if let text = String(validating: body.bytes, as: UTF8.self) {
      try values.encode(text, forKey: .body)
    } else {
      try values.encode(body, forKey: .bodyBase64)
    }
  }
}

/// What POST /v1/recipes/{name}/ratings asks for.
package struct NewRating: Sendable, Hashable, Encodable {
  /// Name of the recipe; in the path.
  package var recipe: String
  /// Number of the version.
  package var version: Int
  /// Who says so, 1 to 128 bytes.
  package var tenant: String
  /// 1 to 5.
  package var stars: Int
  /// In words, at most 1,024 bytes.
  package var comment: String

  /// Makes a rating.
  package init(recipe: String, version: Int, tenant: String, stars: Int, comment: String = "") {
    self.recipe = recipe
    self.version = version
    self.tenant = tenant
    self.stars = stars
    self.comment = comment
  }

  private enum Key: String, CodingKey {
    case version, tenant, stars, comment
  }

  /// Writes what the body holds.
  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(version, forKey: .version)
    try values.encode(tenant, forKey: .tenant)
    try values.encode(stars, forKey: .stars)
    try values.encode(comment, forKey: .comment)
  }
}

/// Values of a recipe's inputs as a request gives them.
package struct GivenInputs: Encodable, Sendable, Hashable {
  /// Values that may be seen, by input name.
  package var plain: [String: String]
  /// Values that may not, by input name.
  package var secret: [String: Credential]

  /// Makes values.
  package init(plain: [String: String] = [:], secret: [String: Credential] = [:]) {
    self.plain = plain
    self.secret = secret
  }

  /// Whether none is given.
  package var isEmpty: Bool { plain.isEmpty && secret.isEmpty }
}

/// The recipe of an offering, as a request gives it.
package struct OfferingRecipe: Encodable, Sendable, Hashable {
  /// The version, or the newest.
  package var name: RecipeName
  /// Values that every resource of the offering gets.
  package var inputs: GivenInputs

  /// Makes it.
  package init(_ name: RecipeName, inputs: GivenInputs = GivenInputs()) {
    self.name = name
    self.inputs = inputs
  }

  private enum Key: String, CodingKey {
    case name, version, inputs, secretInputs
  }

  /// Writes what the body holds.
  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(name.recipe, forKey: .name)
    try values.encodeIfPresent(name.version, forKey: .version)
    if !inputs.plain.isEmpty { try values.encode(inputs.plain, forKey: .inputs) }
    if !inputs.secret.isEmpty { try values.encode(inputs.secret, forKey: .secretInputs) }
  }
}

/// What POST /v1/resources/{id}/upgrade asks for.
package struct RecipeUpgrade: Encodable, Sendable, Hashable {
  /// Number of the version; nil: the newest.
  package var recipeVersion: Int?
  /// Values that are new or others than those of the resource.
  package var inputs: GivenInputs

  /// Makes a request.
  package init(recipeVersion: Int?, inputs: GivenInputs = GivenInputs()) {
    self.recipeVersion = recipeVersion
    self.inputs = inputs
  }

  private enum Key: String, CodingKey {
    case recipeVersion, inputs, secretInputs
  }

  /// Writes what the body holds.
  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encodeIfPresent(recipeVersion, forKey: .recipeVersion)
    if !inputs.plain.isEmpty { try values.encode(inputs.plain, forKey: .inputs) }
    if !inputs.secret.isEmpty { try values.encode(inputs.secret, forKey: .secretInputs) }
  }
}
