/// A recipe; its versions have what it does.
package struct RecipeView: Codable, Sendable, Hashable {
  /// Its name.
  package var name: String
  /// What it makes of a machine.
  package var description: String
  /// Who wrote it.
  package var author: String
  /// When it was added.
  package var createdAt: Timestamp
  /// The version that it was copied from, `NAME@VERSION`.
  package var forkedFrom: String?
  /// Number of its newest version.
  package var latest: Int
  /// Ratings of all versions.
  package var ratings: Int
  /// Their mean to a tenth, 1 to 5; nil without any.
  package var stars: Double?

  /// Makes the view from its fields.
  package init(
    name: String,
    description: String = "",
    author: String = "",
    createdAt: Timestamp,
    forkedFrom: String? = nil,
    latest: Int = 1,
    ratings: Int = 0,
    stars: Double? = nil
  ) {
    self.name = name
    self.description = description
    self.author = author
    self.createdAt = createdAt
    self.forkedFrom = forkedFrom
    self.latest = latest
    self.ratings = ratings
    self.stars = stars
  }
}

/// One version of a recipe.
package struct RecipeVersionView: Codable, Sendable, Hashable {
  /// Name of the recipe.
  package var recipe: String
  /// Its number.
  package var version: Int
  /// What runs it.
  package var interpreter: String
  /// Digest of the script.
  package var sha256: String
  /// Bytes of the script.
  package var bytes: Int
  /// What it takes.
  package var inputs: [RecipeInputView]
  /// Whether it may be run again.
  package var idempotent: Bool
  /// Seconds after which a run is ended.
  package var timeoutS: Int
  /// What changed.
  package var notes: String
  /// When it was added.
  package var createdAt: Timestamp
  /// Ratings of this version.
  package var ratings: Int
  /// Their mean to a tenth, 1 to 5; nil without any.
  package var stars: Double?
  /// The script, where it is UTF-8; in the view of one version only.
  package var body: String?
  /// The script in base 64, where it is not UTF-8; in the view of one version only.
  package var bodyBase64: String?

  /// Makes the view from its fields.
  package init(
    recipe: String,
    version: Int,
    interpreter: String = "/bin/sh",
    sha256: String,
    bytes: Int,
    inputs: [RecipeInputView] = [],
    idempotent: Bool = false,
    timeoutS: Int = 900,
    notes: String = "",
    createdAt: Timestamp,
    ratings: Int = 0,
    stars: Double? = nil,
    body: String? = nil,
    bodyBase64: String? = nil
  ) {
    self.recipe = recipe
    self.version = version
    self.interpreter = interpreter
    self.sha256 = sha256
    self.bytes = bytes
    self.inputs = inputs
    self.idempotent = idempotent
    self.timeoutS = timeoutS
    self.notes = notes
    self.createdAt = createdAt
    self.ratings = ratings
    self.stars = stars
    self.body = body
    self.bodyBase64 = bodyBase64
  }
}

/// One thing that a recipe takes.
package struct RecipeInputView: Codable, Sendable, Hashable {
  /// Name of the environment variable.
  package var name: String
  /// `string`, `integer`, `boolean` or `choice`.
  package var kind: String
  /// The values of a choice.
  package var choices: [String]
  /// Its value where nobody gives one.
  package var `default`: String?
  /// Whether it has to be given.
  package var required: Bool
  /// Whether it is kept sealed.
  package var secret: Bool
  /// For people.
  package var description: String

  /// Makes the view from its fields.
  package init(
    name: String,
    kind: String = "string",
    choices: [String] = [],
    default: String? = nil,
    required: Bool = false,
    secret: Bool = false,
    description: String = ""
  ) {
    self.name = name
    self.kind = kind
    self.choices = choices
    self.default = `default`
    self.required = required
    self.secret = secret
    self.description = description
  }
}

/// What became of a recipe that was given.
package struct RecipeAddedView: Codable, Sendable, Hashable {
  /// The recipe.
  package var recipe: RecipeView
  /// Its newest version.
  package var version: RecipeVersionView
  /// Whether that version is new; false where it was there already, word for word.
  package var added: Bool
  /// What is to be said of the script.
  package var lint: LintView

  /// Makes the view from its fields.
  package init(
    recipe: RecipeView,
    version: RecipeVersionView,
    added: Bool,
    lint: LintView
  ) {
    self.recipe = recipe
    self.version = version
    self.added = added
    self.lint = lint
  }
}

/// What is to be said of a script.
package struct LintView: Codable, Sendable, Hashable {
  /// Whether it has no errors.
  package var holds: Bool
  /// The tools that looked at it, such as `sh -n`.
  package var checked: [String]
  /// The tools that could not, and why.
  package var unchecked: [String]
  /// What was found, in the order of lines.
  package var findings: [LintFindingView]

  /// Makes the view from its fields.
  package init(
    holds: Bool,
    checked: [String] = [],
    unchecked: [String] = [],
    findings: [LintFindingView] = []
  ) {
    self.holds = holds
    self.checked = checked
    self.unchecked = unchecked
    self.findings = findings
  }
}

/// One thing about a script that its author should know.
package struct LintFindingView: Codable, Sendable, Hashable {
  /// `error` or `warning`.
  package var severity: String
  /// Name of the rule; `SC2086` and the like are shellcheck's.
  package var code: String
  /// Line in the script, from 1.
  package var line: Int?
  /// What is there.
  package var message: String
  /// What to do.
  package var remedy: String

  /// Makes the view from its fields.
  package init(
    severity: String,
    code: String,
    line: Int? = nil,
    message: String,
    remedy: String
  ) {
    self.severity = severity
    self.code = code
    self.line = line
    self.message = message
    self.remedy = remedy
  }
}

/// What differs between two versions.
package struct RecipeDiffView: Codable, Sendable, Hashable {
  /// `NAME@VERSION`.
  package var from: String
  /// `NAME@VERSION`.
  package var to: String
  /// Lines that only `to` has.
  package var added: Int
  /// Lines that only `from` has.
  package var removed: Int
  /// What differs beside the script, a sentence each.
  package var changes: [String]
  /// The scripts' difference in the form of `diff -u`; empty where there is none.
  package var text: String

  /// Makes the view from its fields.
  package init(
    from: String,
    to: String,
    added: Int,
    removed: Int,
    changes: [String] = [],
    text: String
  ) {
    self.from = from
    self.to = to
    self.added = added
    self.removed = removed
    self.changes = changes
    self.text = text
  }
}

/// What a tenant thinks of a version.
package struct RecipeRatingView: Codable, Sendable, Hashable {
  /// Number of the version.
  package var version: Int
  /// Who says so.
  package var tenant: String
  /// 1 to 5.
  package var stars: Int
  /// In words.
  package var comment: String
  /// When.
  package var at: Timestamp

  /// Makes the view from its fields.
  package init(
    version: Int,
    tenant: String,
    stars: Int,
    comment: String = "",
    at: Timestamp
  ) {
    self.version = version
    self.tenant = tenant
    self.stars = stars
    self.comment = comment
    self.at = at
  }
}

/// A version with the values that it is run with.
package struct RecipeUseView: Codable, Sendable, Hashable {
  /// Name of the recipe.
  package var recipe: String
  /// Number of its version.
  package var version: Int
  /// Digest of the script.
  package var sha256: String
  /// Values that are no secret.
  package var inputs: [String: String]
  /// Names of the inputs whose values are under seal.
  package var secretInputs: [String]

  /// Makes the view from its fields.
  package init(
    recipe: String,
    version: Int,
    sha256: String,
    inputs: [String: String] = [:],
    secretInputs: [String] = []
  ) {
    self.recipe = recipe
    self.version = version
    self.sha256 = sha256
    self.inputs = inputs
    self.secretInputs = secretInputs
  }
}
