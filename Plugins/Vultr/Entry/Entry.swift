public import PluginABI
import PluginKit
import Vultr

/// The one symbol of libVultr.so.
@c(slipway_plugin_entry)
public func entry(_ host: UnsafePointer<slipway_host>?) -> UnsafePointer<slipway_plugin>? {
  Plugin.serve(VultrProvisioner.self, to: host)
}
