public import PluginKit
public import PluginMessages

extension VultrProvisioner {
  /// Sees to the installation's SSH key object; costs no request when this process has seen it.
  public func prepare(_ request: PrepareRequest, _ call: Call) throws(CloudFailure) -> PrepareReply {
    let key = try InstallationKey(request.installationKey, of: request.account)
    if let id = seenKeys.id(of: key) { return PrepareReply(cookie: try Cookie(key: id).text()) }
    let id = try key.ensure(VultrAPI(call: call))
    seenKeys.set(id, of: key)
    return PrepareReply(cookie: try Cookie(key: id).text())
  }
}
