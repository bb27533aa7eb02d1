import Docker
public import PluginABI
import PluginKit

/// The one symbol of libDocker.so.
@c(slipway_plugin_entry)
public func entry(_ host: UnsafePointer<slipway_host>?) -> UnsafePointer<slipway_plugin>? {
  Plugin.serve(DockerProvisioner.self, to: host)
}
