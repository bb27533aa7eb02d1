public import PluginKit
public import PluginMessages

extension VultrProvisioner {
  /// Starts, stops or reboots the instance, after reading that its tag is ours. A halted one is billed on.
  public func power(_ request: PowerRequest, _ call: Call) throws(CloudFailure) -> PowerReply {
    let order: (command: String, done: ObjectState?)
    switch request.action {
    case "start": order = ("start", .running)
    case "stop": order = ("halt", .stopped)
    case "reboot": order = ("reboot", nil)
    default:
      throw CloudFailure(
        .unsupported, "'\(request.action)' is no power action", remedy: "use start, stop or reboot", mayExist: false)
    }
    let api = VultrAPI(call: call)
    guard let instance = try api.ours(request.externalId, attempt: request.attemptId) else {
      throw CloudFailure(
        .notFound, "Vultr has no instance \(request.externalId)", remedy: "none; the instance is gone", mayExist: false)
    }
    let state = instance.state(wantsIPv4: Cookie(reading: request.cookie).ipv4)
    if state == order.done { return PowerReply(state: state, cookie: request.cookie) }
    _ = try api.exchange(CloudRequest(.post, "/instances/\(instance.id)/\(order.command)"))
    return PowerReply(
      state: state, cookie: request.cookie, pollAfterMs: traffic.pace(request.account, at: call.nowMs).changed)
  }
}
