package import PluginMessages

/// An image that has loaded and is about to take calls, as those see it who may object.
package struct PluginCandidate: Sendable {
  /// The plugin's id.
  package let id: String
  /// Digest of the image.
  package let sha256: String
  /// Its manifest.
  package let manifest: CheckedManifest
  /// Whether another image of the plugin serves, to which a failed test can be compared.
  package let hasPredecessor: Bool
  /// Whether another image of the plugin serves, or is there to serve in its place.
  package let isReplaceable: Bool
  /// Calls a verb of the candidate itself, not of what serves; waits for its outcome.
  package let call: @Sendable (PluginCall, @escaping PluginHTTPDelegate) async -> CallOutcome
}

/// What becomes of a candidate.
package enum PluginVerdict: Sendable, Hashable {
  /// It serves from now on.
  case accepted
  /// It asks for more than was approved: a line each.
  case needsApproval([String])
  /// It may not serve, for this reason; names what is to be done.
  case rejected(String)
}

/// What the plugins' side asks of the rest of the host.
package struct PluginHooks: Sendable {
  /// Judges an image before it takes calls. Not asked again for the image that served last.
  package var gate: @Sendable (PluginCandidate) async -> PluginVerdict = { _ in .accepted }
  /// An image serves from now on: the first one, a newer one, or one that came back. Called on the loop thread at the
  /// switch; must not block.
  package var serves: @Sendable (PluginManifest) -> Void = { _ in }
  /// Whether anything still depends on the plugin of that id, so that it serves without its file.
  package var isNeeded: @Sendable (_ id: String) async -> Bool = { _ in false }

  /// Hooks that object to nothing and need nothing.
  package init() {}
}

/// What an operator can do to a plugin.
package enum PluginAction: String, Sendable, Hashable, CaseIterable {
  /// Read the file again and serve it, with a new worker even where it is the same.
  case reload
  /// Serve the image that served before.
  case rollback
  /// Serve again after `disable`.
  case enable
  /// Serve no calls until `enable`, across restarts.
  case disable
  /// Forget crashes: end quarantines and parking, take set-aside images again, and start anew.
  case reset
}

/// Why a command about a plugin was not carried out; for the operator.
package struct PluginSteerFault: Error, Sendable, Hashable {
  /// One sentence with the remedy.
  package let text: String
}
