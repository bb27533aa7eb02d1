public import PluginKit
public import PluginMessages

/// Vultr as a provisioner. The verbs are in `Verbs/`, what Vultr answers in `API/`.
public struct VultrProvisioner: Provisioner {
  /// What the plugin says of itself.
  public static var manifest: PluginManifest { .vultr }

  let seenKeys = SeenKeys<String>()
  let traffic = Traffic()

  /// Makes the one value that serves all calls.
  public init() {}
}
