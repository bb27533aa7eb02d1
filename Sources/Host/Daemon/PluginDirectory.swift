package import Control
package import PluginMessages

/// What the backend has to know of the plugins.
package protocol PluginDirectory: Sendable {
  /// All plugins that were found, by id.
  func views() async -> [PluginView]
  /// A plugin's manifest as it last served; nil: none of that id, or it never served.
  func manifest(_ id: String) async -> PluginManifest?
  /// Ends the plugin's worker and starts one from the file as it is now; returns when it serves or has failed.
  func reload(_ id: String) async
}
