import FoundationEssentials
package import Model
import PluginMessages
package import Plugins

/// What is stored of an account or an offering and does not fit the schemas of the plugin that serves, as where it was stored
/// with another build of it. Only that account or offering is refused then; the plugin serves the others.
package enum Misfit {
  /// Why an account's settings do not fit; nil where they do. INVALID_SPEC that names the field, what the schema wants
  /// there, what was found, and the remedy.
  package static func settings(of account: AccountRecord, _ checked: CheckedManifest) -> Failure? {
    failure(
      checked.settings.violations(in: account.settings), "settings",
      "the settings of account \(account.name) do not fit plugin \(named(checked))",
      remedy:
        "install a build of \(checked.manifest.id) that takes them, or add the account again with settings that fit; "
        + "its other accounts are served")
  }

  /// The same of a placement's config.
  package static func config(of placement: Placement, _ checked: CheckedManifest) -> Failure? {
    guard let config = try? JSONDecoder().decode(JSONValue.self, from: Data(placement.config.utf8)) else { return nil }
    return failure(
      checked.offering.violations(in: config), "config",
      "the offering's placement \(placement.account)/\(placement.type)/\(placement.location) does not fit plugin "
        + named(checked),
      remedy:
        "define the offering again: `slipway offering add`; or install a build of \(checked.manifest.id) that takes it")
  }

  private static func named(_ checked: CheckedManifest) -> String {
    "\(checked.manifest.id) \(checked.manifest.version)"
  }

  private static func failure(
    _ violations: [PluginMessages.Violation], _ root: String, _ what: String, remedy: String
  ) -> Failure? {
    let found = violations.map {
      Model.Violation(path: $0.path.isEmpty ? root : "\(root).\($0.path)", message: $0.message, allowed: $0.allowed)
    }
    guard let first = found.first else { return nil }
    let isTold = first.allowed.allSatisfy { first.message.contains($0) }
    let expected = isTold ? "" : "; expected one of: \(first.allowed.prefix(20).joined(separator: ", "))"
    return Failure(
      .invalidSpec, "\(what): \(first.path) \(first.message)\(expected)", remedy: remedy, violations: found)
  }
}
