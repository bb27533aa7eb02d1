import Core
import Crypto
import Model
import Remote

/// Everything that a run needs on its VM. Holds secrets: never log it.
struct RecipeMaterial {
  /// Why a run cannot be begun.
  struct Problem: Error {
    /// One sentence.
    var text: String
  }

  /// The script.
  let body: RunBody
  /// The run's environment.
  let environment: [String: String]
  /// What has to be taken out of what it writes.
  let secrets: [[UInt8]]

  /// Gathers the script and its values, and the facts of the resource, which win over values of the same name.
  init(
    _ use: RecipeUse, run: ULID, _ resource: Resource, _ attempt: Attempt, _ object: CloudObject,
    library: RecipeLibrary,
    vault: Vault
  ) async throws(Problem) {
    guard let version = await library.version(use.reference) else {
      throw Problem(text: "recipe \(use.reference) is not there any more")
    }
    guard version.sha256 == use.sha256 else {
      throw Problem(text: "recipe \(use.reference) is not the script that was accepted")
    }
    do throws(RunBody.Problem) { body = try RunBody(version.body.bytes) } catch {
      throw Problem(text: "the script of \(use.reference) \(error)")
    }
    let opened: [String: String]
    do { opened = try vault.secrets(of: use).compactMapValues { $0.text() } } catch {
      throw Problem(text: "the secret values of \(use.reference) cannot be opened: \(error)")
    }
    secrets = opened.values.filter { !$0.isEmpty }.map { Array($0.utf8) }
    environment = use.values.merging(opened) { _, secret in secret }
      .merging(Self.facts(use, run, resource, attempt, object)) { _, fact in fact }
  }

  /// What the script may know of the machine that it runs on.
  private static func facts(
    _ use: RecipeUse, _ run: ULID, _ resource: Resource, _ attempt: Attempt, _ object: CloudObject
  ) -> [String: String] {
    [
      "SLIPWAY_RESOURCE_ID": "\(resource.id)", "SLIPWAY_RUN_ID": "\(run)", "SLIPWAY_TENANT": resource.tenant,
      "SLIPWAY_OFFERING": resource.offering.name, "SLIPWAY_RECIPE": use.recipe,
      "SLIPWAY_RECIPE_VERSION": "\(use.version)", "SLIPWAY_IPV4": object.ipv4 ?? "", "SLIPWAY_IPV6": object.ipv6 ?? "",
      "SLIPWAY_TYPE": attempt.resolved.type, "SLIPWAY_LOCATION": attempt.resolved.location,
      "SLIPWAY_IMAGE": attempt.placement.image, "SLIPWAY_ARCHITECTURE": attempt.resolved.architecture,
      "SLIPWAY_VCPU": "\(attempt.resolved.vcpu)", "SLIPWAY_MEMORY_MB": "\(attempt.resolved.memoryMB)",
      "SLIPWAY_DISK_GB": "\(attempt.resolved.diskGB)",
    ].filter { !$0.value.utf8.contains(0) }
  }
}
