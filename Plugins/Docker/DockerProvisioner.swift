public import PluginKit
public import PluginMessages

/// A Docker engine as a provisioner. The verbs are in `Verbs/`, what the engine answers in `API/`, what a container
/// is made of in `Container/`.
public struct DockerProvisioner: Provisioner {
  /// What the plugin says of itself.
  public static var manifest: PluginManifest { .docker }

  let versions = SeenVersions()

  /// Makes the one value that serves all calls.
  public init() {}

  /// The engine of a call's account.
  func engine(_ account: AccountContext, _ call: Call) -> DockerAPI {
    DockerAPI(call: call, account: account.id, versions: versions, pinned: account.identity)
  }

  /// The same, once the engine has said that it is the pinned one.
  func ownEngine(_ account: AccountContext, _ call: Call) throws(CloudFailure) -> DockerAPI {
    let engine = engine(account, call)
    try engine.verify()
    return engine
  }
}
