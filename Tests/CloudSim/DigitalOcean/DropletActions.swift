import HTTP

extension DigitalOceanCloud {
  /// Types of actions that the description knows; `performed` are those that are simulated.
  private static let known: Set<String> = [
    "enable_backups", "disable_backups", "change_backup_policy", "reboot", "power_cycle", "shutdown", "power_off",
    "power_on", "restore", "password_reset", "resize", "rebuild", "rename", "change_kernel", "enable_ipv6", "snapshot",
  ]
  private static let performed: Set<String> = ["reboot", "power_cycle", "shutdown", "power_off", "power_on", "rename"]

  /// All actions of the project, or those of one droplet, the latest first.
  func listActions(of droplet: Int64?, _ call: DigitalOceanCall) throws(DigitalOceanError) -> HTTPResponse {
    if let droplet { _ = try self.droplet(droplet, call) }
    let rows = frame.world.actions.rows.filter {
      $0.project == call.project && (droplet == nil || droplet == $0.droplet)
    }
    return try page(rows.reversed(), "actions", call, show)
  }

  func showAction(
    _ id: Int64, of droplet: Int64?, _ call: DigitalOceanCall
  ) throws(DigitalOceanError) -> HTTPResponse {
    guard let action = frame.world.actions[id], action.project == call.project,
      droplet == nil || droplet == action.droplet
    else { throw .notFound }
    return HTTPResponse(status: 200, json: ["action": show(action)])
  }

  private func show(_ action: DigitalOceanAction) -> JSON {
    [
      "id": .int(action.id), "status": .string(action.status), "type": .string(action.type),
      "started_at": .string(instant(action.started)), "completed_at": .optional(action.completed.map(instant)),
      "resource_id": .int(action.droplet), "resource_type": "droplet",
      "region": frame.world.catalog.region(action.region).map(show) ?? .null, "region_slug": .string(action.region),
    ]
  }

  /// Begins an action on a droplet.
  mutating func begin(_ type: String, on droplet: Int64, _ call: DigitalOceanCall) -> DigitalOceanAction {
    let action = DigitalOceanAction(
      id: frame.world.freshID(), project: call.project, type: type, droplet: droplet,
      region: frame.world.droplets[droplet]?.region ?? "", started: call.now)
    frame.world.actions[action.id] = action
    return action
  }

  /// POST /v2/droplets/{id}/actions
  mutating func act(on id: Int64, _ call: DigitalOceanCall) throws(DigitalOceanError) -> HTTPResponse {
    let type = call.body["type"]?.string ?? ""
    let typeRule = FieldRule("type", .string(1...40), required: true)
    let nameRule = FieldRule("name", .string(1...255), required: true)
    if type.isEmpty || DigitalOceanCloud.performed.contains(type) {
      try call.check(type == "rename" ? [typeRule, nameRule] : [typeRule])
    } else {
      throw .invalid("\(type) is \(DigitalOceanCloud.known.contains(type) ? "not simulated" : "no droplet action")")
    }
    _ = try droplet(id, call)
    lock(id, call)
    let droplet = try droplet(id, call)
    try refusePending(droplet)
    let name = call.body["name"]?.string
    if let name, !DigitalOceanCloud.isName(name) { throw .badName }

    let action = begin(type, on: id, call)
    frame.world.droplets.change(id) { $0.busy = action.id }
    let end = call.now + frame.random.draw(frame.world.settings.power)
    var errored = false
    if case .actionFails = call.fault { errored = true }
    var becomes: DigitalOceanDroplet.Status?
    switch type {
    case "power_on" where droplet.status == .off && !errored: becomes = .active
    case "power_off" where droplet.status == .active && !errored: becomes = .off
    case "shutdown" where droplet.status == .active && !errored:
      // "this action guarantees that the command is issued, not that it succeeds": digitalocean-v2.json.
      if case .ignore = call.fault { break }
      frame.plan(
        .off(droplet: id, power: droplet.power), at: end + frame.random.draw(frame.world.settings.shutdown))
    case "reboot" where droplet.status == .active && !errored,
      "power_cycle" where droplet.status == .active && !errored:
      restart(id, at: call.now)
    case "rename" where !errored: frame.world.droplets.change(id) { $0.name = name ?? $0.name }
    default: break
    }
    frame.plan(.finished(droplet: id, action: action.id, becomes: becomes, errored: errored), at: end)
    return HTTPResponse(status: 201, json: ["action": show(action)])
  }
}
