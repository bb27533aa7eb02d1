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
  /// A plugin's manifest as it last served; nil: none of that id, or it never served.
  func manifest(_ id: String) async -> PluginManifest?
  /// What is wrong with account settings or an offering's configuration by the schema that the plugin declared; nothing
  /// where it never served or declared none.
  func violations(_ subject: SchemaSubject, in value: JSONValue, plugin id: String) async -> [PluginMessages.Violation]
  /// Ends the plugin's worker and starts one from the file as it is now; returns when it serves or has failed.
  func reload(_ id: String) async
}
