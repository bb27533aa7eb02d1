public import PluginKit
public import PluginMessages

/// Hetzner Cloud as a provisioner. The verbs are in `Verbs/`, what Hetzner answers in `API/`.
public struct HetznerProvisioner: Provisioner {
  /// What the plugin says of itself.
  public static var manifest: PluginManifest { .hetzner }

  let seenKeys = SeenKeys<Int64>()
  let traffic = Traffic()

  /// Makes the one value that serves all calls.
  public init() {}
}
