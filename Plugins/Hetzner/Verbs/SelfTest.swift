public import PluginKit
public import PluginMessages

extension HetznerProvisioner {
  /// Asks for our SSH key object: the answer says whether the token is good and, by the object's id, whose
  /// project it is. Whether a token may write shows only when it writes (`token_readonly`).
  public func selfTest(_ request: SelfTestRequest, _ call: Call) throws(CloudFailure) -> SelfTestReply {
    let key = try InstallationKey(request.installationKey, of: request.account)
    let query: KeyValuePairs = ["fingerprint": key.fingerprint]
    let get = CloudRequest(.get, "/ssh_keys", query: query)
    let response = try HetznerAPI(call: call).exchange(get)
    let id = try response.decode(Page<SSHKey>.self, of: get).items.map(\.id).min()
    seenKeys.set(id, of: key)
    let left = response.header("ratelimit-remaining").flatMap { Int($0) }
    return SelfTestReply(
      accountIdentity: id.map { "ssh-key:\($0)" }, credentialValid: true, canWrite: nil,
      quotaLeft: left.map { ["requests": $0] } ?? [:], apiVersion: "v1")
  }
}
