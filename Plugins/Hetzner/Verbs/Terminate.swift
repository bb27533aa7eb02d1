public import PluginKit
public import PluginMessages

extension HetznerProvisioner {
  /// Deletes the server after reading that its label is ours: two requests, one when it is gone already.
  public func terminate(_ request: TerminateRequest, _ call: Call) throws(CloudFailure) -> TerminateReply {
    let api = HetznerAPI(call: call)
    guard let server = try api.ours(request.externalId, attempt: request.attemptId) else {
      return TerminateReply(state: "gone")
    }
    if server.isProtected {
      throw CloudFailure(
        .protected, "server \(server.id) is protected against deletion",
        remedy: "switch the server's delete protection off at Hetzner", mayExist: true)
    }
    if server.status == "deleting" {
      return TerminateReply(
        state: "terminating", cookie: request.cookie,
        pollAfterMs: traffic.pace(request.account, at: call.nowMs).deleted)
    }
    let response: CloudResponse
    do {
      response = try api.exchange(CloudRequest(.delete, "/servers/\(server.id)"))
    } catch  where error.code == .notFound {
      return TerminateReply(state: "gone")
    }
    traffic.note(request.account.id, at: call.nowMs)
    // Hetzner accepted the delete: without the action's id, poll asks for the server instead.
    let action = (try? JSON.decode(Action.Envelope.self, response.body))?.action
    let cookie = Cookie(phase: action == nil ? nil : .delete, actions: action.map { [$0.id] } ?? [])
    return TerminateReply(
      state: "terminating", cookie: try cookie.text(),
      pollAfterMs: traffic.pace(request.account, at: call.nowMs).deleted)
  }
}
