public import PluginABI
import PluginKit

/// The one symbol of the library.
@c(slipway_plugin_entry)
public func entry(_ host: UnsafePointer<slipway_host>?) -> UnsafePointer<slipway_plugin>? {
  Plugin.serve(Cloud.self, to: host)
}
