public import PluginKit
public import PluginMessages

extension DigitalOceanProvisioner {
  /// Sees to the installation's SSH key object; costs no request when this process has seen it.
  public func prepare(_ request: PrepareRequest, _ call: Call) throws(CloudFailure) -> PrepareReply {
    let key = try InstallationKey(request.installationKey, of: request.account)
    if seenKeys.id(of: key) == nil { seenKeys.set(try key.ensure(DigitalOceanAPI(call: call)), of: key) }
    return PrepareReply(cookie: try Cookie(gpu: Size.isGPU(request.placement.type)).text())
  }
}
