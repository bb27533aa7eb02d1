public import PluginKit
public import PluginMessages

extension DockerProvisioner {
  /// Asks the engine for its id, which it made when it first started on its data folder. Pulls and makes nothing.
  public func selfTest(_ request: SelfTestRequest, _ call: Call) throws(CloudFailure) -> SelfTestReply {
    _ = try EngineSettings(request.account)
    let api = engine(request.account, call)
    let info = try api.info()
    return SelfTestReply(
      accountIdentity: info.id.flatMap { $0.isEmpty ? nil : "engine:\($0)" }, credentialValid: true, canWrite: nil,
      apiVersion: versions[request.account.id].map { "\($0) (Docker \(info.serverVersion ?? "?"))" })
  }
}
