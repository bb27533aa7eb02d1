package import Control
package import PluginMessages

/// What a plugin declares a schema of.
package enum SchemaSubject: String, Sendable {
  case settings, config
}

/// What the backend has to know of the plugins.
package protocol PluginDirectory: Sendable {
  /// All plugins that were found, by id.
  func views() async -> [PluginView]
  /// Waits until the first start of every one is decided.
  func settled() async
  /// A plugin's manifest as it last served; nil: none of that id, or it never served.
  func manifest(_ id: String) async -> PluginManifest?
  /// What is wrong with account settings or an offering's configuration by the schema that the plugin declared; nothing
  /// where it never served or declared none.
  func violations(_ subject: SchemaSubject, in value: JSONValue, plugin id: String) async -> [PluginMessages.Violation]
  /// Carries a command out and waits until its end is decided; what speaks against it, or nil.
  func steer(_ id: String, _ command: PluginCommand) async -> String?
  /// Puts a copy of a file into a plugin folder and waits until it serves or will not.
  func install(_ path: String) async -> Result<PluginView, PluginProblem>
}

/// Why a plugin was not installed; for the operator.
package struct PluginProblem: Error, Sendable, Hashable {
  /// One sentence.
  package let text: String
}
