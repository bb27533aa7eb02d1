public import PluginKit
public import PluginMessages

extension VultrProvisioner {
  /// Asks for our SSH key object, whose id tells whose account this is, and for what the API key may do.
  ///
  /// A key that may not read the account is good all the same; what it may do is then unknown.
  public func selfTest(_ request: SelfTestRequest, _ call: Call) throws(CloudFailure) -> SelfTestReply {
    let key = try InstallationKey(request.installationKey, of: request.account)
    let api = VultrAPI(call: call)
    let id = try key.find(api)
    seenKeys.set(id, of: key)
    let account: Account?
    do {
      account = try api.send(CloudRequest(.get, "/account"), as: Account.Envelope.self).account
    } catch  where error.code == .forbidden {
      account = nil
    }
    if let account, account.canWrite == false {
      let missing = Account.needed.filter { account.acls?.contains($0) != true }
      call.log(.warning, "the API key lacks \(missing.joined(separator: " and ")): no instance can be made or ended")
    }
    return SelfTestReply(
      accountIdentity: id.map { "ssh-key:\($0)" }, credentialValid: true, canWrite: account?.canWrite,
      scopes: account?.acls ?? [], quotaLeft: account?.creditCents.map { ["credit_cents": $0] } ?? [:],
      apiVersion: "v2")
  }
}
