package import Core
import Crypto
package import Model

/// Recipes, their versions and ratings, kept in the ledger; and who needs a recipe just now.
package actor RecipeLibrary {
  private struct Entry {
    var recipe: Recipe
    /// Ledger version of the recipe's record.
    var stored: UInt64
    /// By number less one.
    var versions: [RecipeVersion] = []
    var ratings: [LedgerKey: (stored: UInt64, rating: RecipeRating)] = [:]
  }

  private let ledger: any Ledger
  private var entries: [String: Entry] = [:]
  /// Records of recipes whose removal did not come to its end.
  private var leftovers: [String: [LedgerKey: UInt64]] = [:]
  private var holds: [String: Int] = [:]
  private var leaving: Set<String> = []

  /// Reads everything from the ledger. Blocks; call it once, at start.
  package init(ledger: any Ledger) throws {
    self.ledger = ledger
    for stored in try ledger.records(prefix: "recipe/") {
      let recipe = try RecordCodec.decode(Recipe.self, stored)
      entries[recipe.name] = Entry(recipe: recipe, stored: stored.version)
    }
    var versions: [String: [RecipeVersion]] = [:]
    for stored in try ledger.records(prefix: "recipe-version/") {
      let version = try RecordCodec.decode(RecipeVersion.self, stored)
      if entries[version.recipe] == nil {
        leftovers[version.recipe, default: [:]][stored.key] = stored.version
      } else {
        versions[version.recipe, default: []].append(version)
      }
    }
    for (name, found) in versions { entries[name]?.versions = found.sorted { $0.number < $1.number } }
    for stored in try ledger.records(prefix: "recipe-rating/") {
      let rating = try RecordCodec.decode(RecipeRating.self, stored)
      if entries[rating.recipe] == nil {
        leftovers[rating.recipe, default: [:]][stored.key] = stored.version
      } else {
        entries[rating.recipe]?.ratings[stored.key] = (stored.version, rating)
      }
    }
  }

  /// All recipes, by name.
  package var all: [Recipe] { entries.values.map(\.recipe).sorted { $0.name < $1.name } }

  /// A recipe; nil: none of that name.
  package func recipe(_ name: String) -> Recipe? { entries[name]?.recipe }

  /// A version with its script; nil: there is none.
  package func version(_ reference: RecipeReference) -> RecipeVersion? {
    entries[reference.recipe]?.versions.first { $0.number == reference.version }
  }

  /// All versions, oldest first.
  package func versions(of name: String) -> [RecipeVersion] { entries[name]?.versions ?? [] }

  /// All ratings, oldest first.
  package func ratings(of name: String) -> [RecipeRating] {
    (entries[name]?.ratings.values.map(\.rating) ?? []).sorted { ($0.at, $0.tenant) < ($1.at, $1.tenant) }
  }

  /// Stores a recipe with a new version: number 1 of a new recipe, or the next one.
  /// - Throws: `LedgerError.conflict` where another change came first.
  package func add(_ recipe: Recipe, _ version: RecipeVersion) async throws {
    let known = entries[recipe.name]
    if known == nil { try await sweep(recipe.name) }
    try await write([
      LedgerWrite(
        key: Self.key(recipe.name), expected: known?.stored ?? 0, value: try RecordCodec.encode(recipe, kind: "recipe")),
      LedgerWrite(
        key: Self.key(version.reference), expected: 0, value: try RecordCodec.encode(version, kind: "recipe-version")),
    ])
    var entry = known ?? Entry(recipe: recipe, stored: 0)
    entry.recipe = recipe
    entry.stored += 1
    entry.versions.append(version)
    // A rating may have come while this was written.
    entry.ratings = entries[recipe.name]?.ratings ?? [:]
    entries[recipe.name] = entry
  }

  /// Keeps a tenant's rating of a version, in place of its earlier one.
  package func rate(_ rating: RecipeRating) async throws {
    // Tenants are any text; a digest is a fit name.
    let name = "\(rating.recipe)/\(rating.version)/\(SHA256.hex(Array(rating.tenant.utf8)))"
    let key = LedgerKey("recipe-rating", name)
    let stored = entries[rating.recipe]?.ratings[key]?.stored ?? 0
    try await write([
      LedgerWrite(key: key, expected: stored, value: try RecordCodec.encode(rating, kind: "recipe-rating"))
    ])
    entries[rating.recipe]?.ratings[key] = (stored + 1, rating)
  }

  /// Keeps a recipe from being removed until `release`; false where there is none, or it is being removed.
  package func hold(_ name: String) -> Bool {
    guard entries[name] != nil, !leaving.contains(name) else { return false }
    holds[name, default: 0] += 1
    return true
  }

  /// Ends a hold.
  package func release(_ name: String) {
    guard let count = holds[name] else { return }
    holds[name] = count > 1 ? count - 1 : nil
  }

  /// Removes a recipe unless somebody holds it or `isNeeded` names who has it; says who. While that is found out, and until
  /// it is gone, nobody can begin to need it.
  package func remove(_ name: String, isNeeded: @Sendable () async -> String?) async throws -> String? {
    guard entries[name] != nil, leaving.insert(name).inserted else { return nil }
    defer { leaving.remove(name) }
    guard holds[name] == nil else { return "an order that is being accepted" }
    if let needed = await isNeeded() { return needed }
    guard let entry = entries[name] else { return nil }
    // The recipe goes first: what a crash leaves behind is no recipe, and is swept.
    try await write([LedgerWrite(key: Self.key(name), expected: entry.stored, value: nil)])
    entries[name] = nil
    var rest = entry.ratings.mapValues(\.stored)
    for version in entry.versions { rest[Self.key(version.reference)] = 1 }
    leftovers[name] = rest
    try await sweep(name)
    return nil
  }

  /// Deletes what an interrupted removal left.
  private func sweep(_ name: String) async throws {
    while let rest = leftovers[name], !rest.isEmpty {
      let batch = rest.sorted { $0.key < $1.key }.prefix(LedgerLimits.writes)
      try await write(batch.map { LedgerWrite(key: $0.key, expected: $0.value, value: nil) })
      for (key, _) in batch { leftovers[name]?[key] = nil }
    }
    leftovers[name] = nil
  }

  private static func key(_ name: String) -> LedgerKey { LedgerKey("recipe", name) }

  private static func key(_ reference: RecipeReference) -> LedgerKey {
    LedgerKey("recipe-version", "\(reference.recipe)/\(reference.version)")
  }

  private func write(_ writes: [LedgerWrite]) async throws {
    let result = await withCheckedContinuation { continuation in
      ledger.commit(writes) { continuation.resume(returning: $0) }
    }
    try result.get()
  }
}
