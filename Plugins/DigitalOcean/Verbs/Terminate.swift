public import PluginKit
public import PluginMessages

extension DigitalOceanProvisioner {
  /// Destroys the droplet after reading that it is ours: two requests, one when it is gone already. Droplets
  /// are ended by id, never by tag or name.
  public func terminate(_ request: TerminateRequest, _ call: Call) throws(CloudFailure) -> TerminateReply {
    let api = DigitalOceanAPI(call: call)
    guard let droplet = try api.ours(request.externalId, attempt: request.attemptId, named: request.name) else {
      return TerminateReply(state: "gone")
    }
    do {
      _ = try api.exchange(CloudRequest(.delete, "/droplets/\(droplet.id)"))
    } catch  where error.code == .notFound {
      return TerminateReply(state: "gone")
    }
    traffic.note(request.account.id, at: call.nowMs)
    let cookie = Cookie(gpu: Cookie(reading: request.cookie).gpu)
    return TerminateReply(
      state: "terminating", cookie: try cookie.text(),
      pollAfterMs: traffic.pace(request.account, at: call.nowMs).deleted)
  }
}
