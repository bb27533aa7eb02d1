public import PluginKit
public import PluginMessages

/// DigitalOcean as a provisioner. The verbs are in `Verbs/`, what DigitalOcean answers in `API/`.
public struct DigitalOceanProvisioner: Provisioner {
  /// What the plugin says of itself.
  public static var manifest: PluginManifest { .digitalOcean }

  let seenKeys = SeenKeys<Int64>()
  let traffic = Traffic()

  /// Makes the one value that serves all calls.
  public init() {}
}
