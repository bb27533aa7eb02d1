public import PluginKit
public import PluginMessages

extension DockerProvisioner {
  /// Removes the container, running or not, with its anonymous volumes, after reading that its label is ours.
  public func terminate(_ request: TerminateRequest, _ call: Call) throws(CloudFailure) -> TerminateReply {
    let api = try ownEngine(request.account, call)
    guard let container = try api.ours(request.externalId, attempt: request.attemptId) else {
      return TerminateReply(state: "gone")
    }
    do {
      try api.exchange(CloudRequest(.delete, "/containers/\(container.id)", query: ["force": "1", "v": "1"]))
    } catch  where error.code == .notFound {
      return TerminateReply(state: "gone")
    }
    // The engine answers once it is removed; only a look that says so proves it.
    return TerminateReply(state: "terminating", cookie: request.cookie, pollAfterMs: 0)
  }
}
