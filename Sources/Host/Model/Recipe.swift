/// A script that configures a VM after boot, as people name it; what it does is in its versions.
///
/// Kept in the ledger as `recipe/NAME`.
package struct Recipe: Codable, Hashable, Sendable {
  /// Name, unique in the installation: 1 to 63 of `a-z 0-9 . _ -`, the first a letter or digit.
  package var name: String
  /// What it makes of a machine, one line of at most 256 bytes.
  package var description: String
  /// Who wrote it, at most 128 bytes; may be empty.
  package var author: String
  /// When it was added.
  package var createdAt: Instant
  /// The version that it was copied from; nil: it was written anew.
  package var forkedFrom: RecipeReference?
  /// Number of its newest version; versions are numbered from 1 without gaps.
  package var latest: Int

  /// Makes a recipe.
  package init(
    name: String, description: String, author: String, createdAt: Instant, forkedFrom: RecipeReference? = nil,
    latest: Int = 1
  ) {
    self.name = name
    self.description = description
    self.author = author
    self.createdAt = createdAt
    self.forkedFrom = forkedFrom
    self.latest = latest
  }
}

/// One version of one recipe.
package struct RecipeReference: Codable, Hashable, Sendable, CustomStringConvertible {
  /// Name of the recipe.
  package var recipe: String
  /// Number of the version, 1 or more.
  package var version: Int

  /// Makes a reference.
  package init(recipe: String, version: Int) {
    self.recipe = recipe
    self.version = version
  }

  /// `NAME@VERSION`, as people write it.
  package var description: String { "\(recipe)@\(version)" }
}

/// One version of a recipe: written once, never changed.
///
/// Kept in the ledger as `recipe-version/NAME/N`.
package struct RecipeVersion: Codable, Hashable, Sendable {
  /// Name of the recipe.
  package var recipe: String
  /// Its number, from 1.
  package var number: Int
  /// What runs the script, as its first line says behind `#!`: a path, and at most one argument behind a blank;
  /// `/bin/sh` where the first line says nothing.
  package var interpreter: String
  /// The script, 1 to `RecipeLimits.bodyBytes` bytes.
  package var body: RecipeBody
  /// Digest of the body's bytes, 64 lower-case hexadecimal digits.
  package var sha256: String
  /// What it takes, in the order in which its author lists it; names are unique.
  package var inputs: [RecipeInput]
  /// Whether it may be run again on a machine on which it ran before, whole or in part.
  package var idempotent: Bool
  /// Milliseconds after which a run is ended, within `RecipeLimits.timeoutMs`.
  package var timeoutMs: Int64
  /// What changed, for people, at most 4,096 bytes; may be empty.
  package var notes: String
  /// When it was added.
  package var addedAt: Instant

  /// Makes a version.
  package init(
    recipe: String, number: Int, interpreter: String, body: RecipeBody, sha256: String, inputs: [RecipeInput],
    idempotent: Bool, timeoutMs: Int64, notes: String, addedAt: Instant
  ) {
    self.recipe = recipe
    self.number = number
    self.interpreter = interpreter
    self.body = body
    self.sha256 = sha256
    self.inputs = inputs
    self.idempotent = idempotent
    self.timeoutMs = timeoutMs
    self.notes = notes
    self.addedAt = addedAt
  }

  /// Its name and number.
  package var reference: RecipeReference { RecipeReference(recipe: recipe, version: number) }
}

/// What recipes may measure.
package enum RecipeLimits {
  /// Bytes of a script.
  package static let bodyBytes = 65_536
  /// Inputs of a version.
  package static let inputs = 32
  /// Bytes of one input's value, as UTF-8.
  package static let valueBytes = 16_384
  /// Bytes of all values of one use together.
  package static let valuesBytes = 65_536
  /// Versions of one recipe.
  package static let versions = 9_999
  /// Milliseconds within which a run has to end: 1 second to 6 hours.
  package static let timeoutMs: ClosedRange<Int64> = 1_000...21_600_000
  /// Milliseconds where the author says nothing: 15 minutes.
  package static let usualTimeoutMs: Int64 = 900_000
}

/// What a value of an input has to look like.
package enum RecipeInputKind: String, Codable, Hashable, Sendable, CaseIterable {
  /// Any text without a NUL.
  case string
  /// A whole number in decimal digits that fits into 64 bits.
  case integer
  /// `true` or `false`.
  case boolean
  /// One of the input's choices.
  case choice
}

/// One thing that a recipe's version takes: an environment variable of its run.
package struct RecipeInput: Codable, Hashable, Sendable {
  /// Name of the variable: `[A-Z_][A-Z0-9_]*`, at most 64 bytes, not one that the run itself sets.
  package var name: String
  /// What a value has to look like.
  package var kind: RecipeInputKind
  /// The values of a `choice`, 1 to 64; empty for other kinds.
  package var choices: [String]
  /// Its value where nobody gives one; nil: none. A secret input has none.
  package var defaultValue: String?
  /// Whether a run without a value is refused; only where there is no default.
  package var required: Bool
  /// Whether its value is kept sealed and taken out of what the run prints.
  package var secret: Bool
  /// For people, one line of at most 256 bytes; may be empty.
  package var description: String

  /// Makes an input.
  package init(
    name: String, kind: RecipeInputKind = .string, choices: [String] = [], defaultValue: String? = nil,
    required: Bool = false, secret: Bool = false, description: String = ""
  ) {
    self.name = name
    self.kind = kind
    self.choices = choices
    self.defaultValue = defaultValue
    self.required = required
    self.secret = secret
    self.description = description
  }
}

/// A version of a recipe with the values that it is run with: what an offering points to, and what a resource keeps of
/// it from the moment it was accepted.
///
/// An offering's may still miss values; a resource's has all of them, defaults among them.
package struct RecipeUse: Codable, Hashable, Sendable {
  /// What the sealed values are bound to, beside the script's digest; new with each use that was put together.
  package var id: ULID
  /// Name of the recipe.
  package var recipe: String
  /// Number of its version.
  package var version: Int
  /// Digest of that version's body; what is run has to have it.
  package var sha256: String
  /// Values that are no secret, by input name.
  package var values: [String: String]
  /// Values under seal; each is named as its input.
  package var sealed: [SealedSecret]
  /// As the version says.
  package var idempotent: Bool
  /// As the version says, milliseconds.
  package var timeoutMs: Int64

  /// Makes a use.
  package init(
    id: ULID, recipe: String, version: Int, sha256: String, values: [String: String] = [:],
    sealed: [SealedSecret] = [], idempotent: Bool, timeoutMs: Int64
  ) {
    self.id = id
    self.recipe = recipe
    self.version = version
    self.sha256 = sha256
    self.values = values
    self.sealed = sealed
    self.idempotent = idempotent
    self.timeoutMs = timeoutMs
  }

  /// Makes a use of a version without values.
  package init(id: ULID, of version: RecipeVersion) {
    self.init(
      id: id, recipe: version.recipe, version: version.number, sha256: version.sha256, idempotent: version.idempotent,
      timeoutMs: version.timeoutMs)
  }

  /// The version's name and number.
  package var reference: RecipeReference { RecipeReference(recipe: recipe, version: version) }
}

/// What a tenant thinks of a version; one for each tenant and version, the newest counts.
///
/// Kept in the ledger as `recipe-rating/NAME/N/DIGEST-OF-TENANT`.
package struct RecipeRating: Codable, Hashable, Sendable {
  /// Name of the recipe.
  package var recipe: String
  /// Number of its version.
  package var version: Int
  /// Who says so.
  package var tenant: String
  /// 1 to 5.
  package var stars: Int
  /// In words, at most 1,024 bytes; may be empty.
  package var comment: String
  /// When.
  package var at: Instant

  /// Makes a rating.
  package init(recipe: String, version: Int, tenant: String, stars: Int, comment: String, at: Instant) {
    self.recipe = recipe
    self.version = version
    self.tenant = tenant
    self.stars = stars
    self.comment = comment
    self.at = at
  }
}
