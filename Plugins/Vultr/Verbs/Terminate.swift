public import PluginKit
public import PluginMessages

extension VultrProvisioner {
  /// Destroys the instance after reading that its tag is ours: two requests, one when it is gone already.
  public func terminate(_ request: TerminateRequest, _ call: Call) throws(CloudFailure) -> TerminateReply {
    let api = VultrAPI(call: call)
    guard let instance = try api.ours(request.externalId, attempt: request.attemptId) else {
      return TerminateReply(state: "gone")
    }
    do {
      _ = try api.exchange(CloudRequest(.delete, "/instances/\(instance.id)"))
      traffic.note(request.account.id, at: call.nowMs)
    } catch  where error.code == .notFound {
      return TerminateReply(state: "gone")
    } catch  where EndingTexts.contain(error) {
      // An earlier request destroys it.
    }
    return TerminateReply(
      state: "terminating", cookie: request.cookie,
      pollAfterMs: traffic.pace(request.account, at: call.nowMs).deleted)
  }
}
