public import PluginKit
public import PluginMessages

extension HetznerProvisioner {
  /// Starts, stops or reboots the server, after reading that its label is ours.
  ///
  /// `stop` is a power-off: Hetzner's `shutdown` only asks the system, which may not listen.
  public func power(_ request: PowerRequest, _ call: Call) throws(CloudFailure) -> PowerReply {
    let order: (command: String, phase: Cookie.Phase, done: String?)
    switch request.action {
    case "start": order = ("poweron", .start, "running")
    case "stop": order = ("poweroff", .stop, "off")
    case "reboot": order = ("reboot", .reboot, nil)
    default:
      throw CloudFailure(
        .unsupported, "'\(request.action)' is no power action", remedy: "use start, stop or reboot", mayExist: false)
    }
    let api = HetznerAPI(call: call)
    guard let server = try api.ours(request.externalId, attempt: request.attemptId) else {
      throw CloudFailure(
        .notFound, "Hetzner has no server \(request.externalId)", remedy: "none; the server is gone", mayExist: false)
    }
    if server.status == order.done { return PowerReply(state: server.state, cookie: request.cookie) }
    let response = try api.exchange(CloudRequest(.post, "/servers/\(server.id)/actions/\(order.command)"))
    let action = (try? JSON.decode(Action.Envelope.self, response.body))?.action
    var cookie = Cookie(phase: action == nil ? nil : order.phase, actions: action.map { [$0.id] } ?? [])
    cookie.remember(server)
    return PowerReply(
      state: server.state, cookie: try cookie.text(),
      pollAfterMs: traffic.pace(request.account, at: call.nowMs).changed)
  }
}
