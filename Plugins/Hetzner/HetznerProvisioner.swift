public import PluginKit
public import PluginMessages

/// Hetzner Cloud as a provisioner. The verbs are in files of their own.
public struct HetznerProvisioner: Provisioner {
  /// What the plugin says of itself.
  public static var manifest: PluginManifest { .hetzner }

  /// Makes the one value that serves all calls.
  public init() {}

  public func validate(_ r: ValidateRequest, _ call: Call) throws(CloudFailure) -> ValidateReply {
    throw CloudFailure(.unsupported, "")
  }
  public func prepare(_ r: PrepareRequest, _ call: Call) throws(CloudFailure) -> PrepareReply {
    throw CloudFailure(.unsupported, "")
  }
  public func provision(_ r: ProvisionRequest, _ call: Call) throws(CloudFailure) -> ProvisionReply {
    throw CloudFailure(.unsupported, "")
  }
  public func poll(_ r: PollRequest, _ call: Call) throws(CloudFailure) -> PollReply {
    throw CloudFailure(.unsupported, "")
  }
  public func terminate(_ r: TerminateRequest, _ call: Call) throws(CloudFailure) -> TerminateReply {
    throw CloudFailure(.unsupported, "")
  }
  public func list(_ r: ListRequest, _ call: Call) throws(CloudFailure) -> ListReply {
    throw CloudFailure(.unsupported, "")
  }
  public func catalog(_ r: CatalogRequest, _ call: Call) throws(CloudFailure) -> CatalogReply {
    throw CloudFailure(.unsupported, "")
  }
  public func selfTest(_ r: SelfTestRequest, _ call: Call) throws(CloudFailure) -> SelfTestReply {
    throw CloudFailure(.unsupported, "")
  }
}
