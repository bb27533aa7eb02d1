public import PluginKit
public import PluginMessages

extension DockerProvisioner {
  /// Asks the engine for its id and its data folder. Pulls and makes nothing.
  public func selfTest(_ request: SelfTestRequest, _ call: Call) throws(CloudFailure) -> SelfTestReply {
    _ = try EngineSettings(request.account)
    let api = engine(request.account, call)
    let info = try api.info()
    return SelfTestReply(
      accountIdentity: info.identity, credentialValid: true, canWrite: nil,
      apiVersion: versions[request.account.id].map { "\($0) (Docker \(info.serverVersion ?? "?"))" })
  }
}
