import DigitalOcean
public import PluginABI
import PluginKit

/// The one symbol of libDigitalOcean.so.
@c(slipway_plugin_entry)
public func entry(_ host: UnsafePointer<slipway_host>?) -> UnsafePointer<slipway_plugin>? {
  Plugin.serve(DigitalOceanProvisioner.self, to: host)
}
