import Control
import Core
import Crypto
import Model

/// Puts uses of recipes together: a version, and values that fit its inputs, the secret ones sealed.
struct RecipeDesk: Sendable {
  let library: RecipeLibrary
  let vault: Vault
  let clock: HostClock

  /// A version by its name; the newest without a number.
  func version(_ name: RecipeName) async throws(ControlFailure) -> RecipeVersion {
    guard let recipe = await library.recipe(name.recipe) else {
      throw unknown(name.recipe, among: await library.all.map(\.name))
    }
    let number = name.version ?? recipe.latest
    guard let version = await library.version(RecipeReference(recipe: recipe.name, version: number)) else {
      throw ControlFailure(
        .notFound, "recipe \(recipe.name) has no version \(number)", expected: "1 to \(recipe.latest)",
        found: "\(number)", remedy: "list them: `slipway recipe versions \(recipe.name)`")
    }
    return version
  }

  func unknown(_ name: String, among known: [String]) -> ControlFailure {
    ControlFailure(
      .notFound, "there is no recipe \(name)", expected: known.isEmpty ? nil : known.prefix(20).joined(separator: ", "),
      found: name,
      remedy: Nearest.candidate(to: name, among: known).map { "did you mean \($0)?" }
        ?? "list them: `slipway recipe list`")
  }

  /// What an offering points to: values may be missing, those that are there fit.
  func use(_ recipe: OfferingRecipe, of offering: String) async throws(ControlFailure) -> RecipeUse {
    let version = try await version(recipe.name)
    let values = try values(version, recipe.inputs, settled: [], isComplete: false, for: "offering \(offering)")
    return try put(version, plain: values.plain, secret: values.secret)
  }

  /// What a resource keeps: the offering's values, the order's, and defaults.
  func use(
    _ settled: RecipeUse, with given: GivenInputs, for subject: String
  ) async throws(ControlFailure) -> RecipeUse {
    let version = try await version(RecipeName(settled.recipe, settled.version))
    let names = Set(settled.values.keys).union(settled.sealed.map(\.name))
    let values = try values(version, given, settled: names, isComplete: true, for: subject)
    var use = settled
    use.values.merge(values.plain) { old, _ in old }
    guard !values.secret.isEmpty else { return use }
    return try put(version, plain: use.values, secret: try opened(settled).merging(values.secret) { old, _ in old })
  }

  /// Another version for a resource: its values where the new version still takes them, and those that are given.
  func upgrade(
    of current: RecipeUse, to number: Int?, with given: GivenInputs, for subject: String
  ) async throws(ControlFailure) -> RecipeUse {
    let version = try await version(RecipeName(current.recipe, number))
    var plain: [String: String] = [:]
    var secret = try opened(current)
    for input in version.inputs where !given.plain.keys.contains(input.name) && !given.secret.keys.contains(input.name)
    {
      guard let value = current.values[input.name], InputRules.problem(value, of: input) == nil else { continue }
      if input.secret { secret[input.name] = value } else { plain[input.name] = value }
    }
    let taken = version.inputs.filter(\.secret).map(\.name)
    secret = secret.filter { taken.contains($0.key) && given.secret[$0.key] == nil }
    let settled = Set(plain.keys).union(secret.keys)
    let values = try values(version, given, settled: settled, isComplete: true, for: subject)
    return try put(
      version, plain: plain.merging(values.plain) { old, _ in old },
      secret: secret.merging(values.secret) { old, _ in old })
  }

  private func values(
    _ version: RecipeVersion, _ given: GivenInputs, settled: Set<String>, isComplete: Bool, for subject: String
  ) throws(ControlFailure) -> InputRules.Values {
    do throws(InputRules.Refusal) {
      return try InputRules.values(
        version.inputs, given: InputRules.Values(plain: given.plain, secret: given.secret.mapValues(\.exposed)),
        settled: settled, isComplete: isComplete)
    } catch {
      let first = error.violations.first.map { "\($0.path) \($0.message)" } ?? "its inputs do not fit"
      throw ControlFailure(
        .invalidSpec, "\(subject): recipe \(version.reference): \(first)",
        remedy: "see what it takes: `slipway recipe show \(version.reference)`",
        violations: error.violations.map { ViolationView(path: $0.path, message: $0.message, allowed: $0.allowed) })
    }
  }

  private func opened(_ use: RecipeUse) throws(ControlFailure) -> [String: String] {
    do {
      return try vault.secrets(of: use).mapValues { $0.text() ?? "" }
    } catch {
      throw ControlFailure(.internal, "the sealed inputs of recipe \(use.reference) cannot be opened: \(error)")
    }
  }

  private func put(
    _ version: RecipeVersion, plain: [String: String], secret: [String: String]
  ) throws(ControlFailure) -> RecipeUse {
    do {
      let bits = try RandomBytes.make(16)
      let halves = (bits[..<8], bits[8...])
      let random = (halves.0.reduce(0) { $0 << 8 | UInt64($1) }, halves.1.reduce(0) { $0 << 8 | UInt64($1) })
      var use = RecipeUse(id: ULID(ms: clock.now().ms, random: random), of: version)
      use.values = plain
      for (name, value) in secret.sorted(by: { $0.key < $1.key }) {
        use.sealed.append(try vault.seal(value, input: name, of: use))
      }
      return use
    } catch {
      throw ControlFailure(.internal, "the inputs of recipe \(version.reference) cannot be sealed: \(error)")
    }
  }
}
