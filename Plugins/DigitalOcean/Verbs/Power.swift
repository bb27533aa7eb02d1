public import PluginKit
public import PluginMessages

extension DigitalOceanProvisioner {
  /// Starts, stops or reboots the droplet, after reading that it is ours. A stopped one is billed on.
  ///
  /// `stop` is a power-off: DigitalOcean's `shutdown` only asks the system, which may not listen.
  public func power(_ request: PowerRequest, _ call: Call) throws(CloudFailure) -> PowerReply {
    let order: (type: String, done: ObjectState?)
    switch request.action {
    case "start": order = ("power_on", .running)
    case "stop": order = ("power_off", .stopped)
    case "reboot": order = ("reboot", nil)
    default:
      throw CloudFailure(
        .unsupported, "'\(request.action)' is no power action", remedy: "use start, stop or reboot", mayExist: false)
    }
    let api = DigitalOceanAPI(call: call)
    guard let droplet = try api.ours(request.externalId, attempt: request.attemptId, named: request.name) else {
      throw CloudFailure(
        .notFound, "DigitalOcean has no droplet \(request.externalId)", remedy: "none; the droplet is gone",
        mayExist: false)
    }
    if droplet.state == order.done { return PowerReply(state: droplet.state, cookie: request.cookie) }
    let post = CloudRequest(
      .post, "/droplets/\(droplet.id)/actions", headers: [.init("Content-Type", "application/json")],
      body: try JSON.encode(["type": order.type]))
    _ = try api.exchange(post)
    return PowerReply(
      state: droplet.state, cookie: request.cookie,
      pollAfterMs: traffic.pace(request.account, at: call.nowMs).changed)
  }
}
