public import PluginKit
public import PluginMessages

extension DockerProvisioner {
  /// Starts, stops or restarts the container, after reading that its label is ours.
  ///
  /// Its published port may be another one after a start; the next look reads it.
  public func power(_ request: PowerRequest, _ call: Call) throws(CloudFailure) -> PowerReply {
    guard ["start", "stop", "reboot"].contains(request.action) else {
      throw CloudFailure(
        .unsupported, "'\(request.action)' is no power action", remedy: "use start, stop or reboot", mayExist: false)
    }
    let api = try ownEngine(request.account, call)
    guard let container = try api.ours(request.externalId, attempt: request.attemptId) else {
      throw CloudFailure(
        .notFound, "Docker has no container \(request.externalId.prefix(12))",
        remedy: "none; the container is gone", mayExist: false)
    }
    let isStop = request.action == "stop"
    let query: KeyValuePairs = ["t": "\(Self.patience)"]
    switch (request.action, container.state?.status) {
    case ("start", .paused?): try api.exchange(CloudRequest(.post, "/containers/\(container.id)/unpause"))
    case ("start", _): try api.exchange(CloudRequest(.post, "/containers/\(container.id)/start"))
    case ("stop", _): try api.exchange(CloudRequest(.post, "/containers/\(container.id)/stop", query: query))
    default: try api.exchange(CloudRequest(.post, "/containers/\(container.id)/restart", query: query))
    }
    return PowerReply(
      state: isStop ? .stopped : .running, cookie: try Cookie(isStop ? .stopped : .running).text(), pollAfterMs: 0)
  }

  /// Seconds until a container that does not end by itself is killed.
  private static let patience = 10
}
