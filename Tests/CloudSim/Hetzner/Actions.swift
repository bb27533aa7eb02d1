import HTTP

extension HetznerCloud {
  func listActions(_ call: HetznerCall) throws(HetznerError) -> HTTPResponse {
    let ids = call.all("id").compactMap { Int64($0) }
    // Removed on 2025-01-30: hetzner-cloud.json, GET /actions.
    guard !call.all("id").isEmpty else {
      throw .removed("2025-01-30-listing-arbitrary-actions-in-the-actions-list-endpoint-is-removed")
    }
    guard ids.count == call.all("id").count else { throw .invalid("id", "must be an integer") }
    let wanted = Set(ids)
    return try listActions(call) { wanted.contains($0.id) }
  }

  func listActions(of server: Int64, _ call: HetznerCall) throws(HetznerError) -> HTTPResponse {
    _ = try self.server(server, call)
    let wanted = Set(call.all("id"))
    return try listActions(call) { $0.server == server && (wanted.isEmpty || wanted.contains(String($0.id))) }
  }

  private func listActions(
    _ call: HetznerCall, where matches: (HetznerAction) -> Bool
  ) throws(HetznerError) -> HTTPResponse {
    let states = call.all("status")
    let rows = frame.world.actions.rows.filter {
      $0.project == call.project && matches($0) && (states.isEmpty || states.contains($0.status))
    }
    let ordered = try sorted(
      rows, call,
      by: [
        SortField(name: "id") { $0.id < $1.id }, SortField(name: "command") { $0.command < $1.command },
        SortField(name: "status") { $0.status < $1.status }, SortField(name: "started") { $0.started < $1.started },
        SortField(name: "finished") { ($0.finished ?? .max) < ($1.finished ?? .max) },
      ])
    return try page(ordered, "actions", call, show)
  }

  func showAction(_ id: Int64, of server: Int64?, _ call: HetznerCall) throws(HetznerError) -> HTTPResponse {
    guard let action = frame.world.actions[id], action.project == call.project, server == nil || server == action.server
    else { throw .notFound("action") }
    return HTTPResponse(status: 200, json: ["action": show(action)])
  }

  func show(_ action: HetznerAction) -> JSON {
    [
      "id": .int(action.id), "command": .string(action.command), "status": .string(action.status),
      "started": .string(instant(action.started)), "finished": .optional(action.finished.map(instant)),
      "progress": .int(action.finished == nil ? 0 : 100), "resources": [["id": .int(action.server), "type": "server"]],
      "error": action.error.map { ["code": .string($0.code), "message": .string($0.message)] } ?? .null,
    ]
  }

  /// Begins an action on a server.
  mutating func begin(_ command: String, on server: Int64, _ call: HetznerCall) -> HetznerAction {
    let action = HetznerAction(
      id: frame.world.freshID(), project: call.project, command: command, server: server, started: call.now)
    frame.world.actions[action.id] = action
    return action
  }

  /// POST /servers/{id}/actions/…
  mutating func act(_ verb: HetznerRoute.Verb, on id: Int64, _ call: HetznerCall) throws(HetznerError) -> HTTPResponse {
    let protection = [FieldRule("delete", .boolean), FieldRule("rebuild", .boolean)]
    try call.check(verb == .changeProtection ? protection : [])
    _ = try server(id, call)
    lock(id, call)
    let server = try server(id, call)
    try refuseLocked(server, call)
    let settings = frame.world.settings
    let action = begin(verb == .poweron ? "start_server" : command(verb), on: id, call)
    frame.world.servers.change(id) { $0.busy = action.id }
    var failure: HetznerAction.Failure?
    if case .actionFails(let code, let message) = call.fault {
      failure = HetznerAction.Failure(code: code, message: message)
    }
    let end = call.now + frame.random.draw(settings.power)
    var becomes: HetznerServer.Status?
    switch verb {
    case .poweron:
      if server.status == .off, failure == nil {
        frame.world.servers.change(id) { $0.status = .starting }
        becomes = .running
      }
    case .poweroff:
      if server.status != .off, failure == nil {
        frame.world.servers.change(id) { $0.status = .stopping }
        becomes = .off
      }
    case .shutdown:
      // Success says only that ACPI was sent; a system that is up goes off later.
      if case .ignore = call.fault {
      } else if server.status == .running, failure == nil {
        frame.plan(.off(server: id, power: server.power), at: end + frame.random.draw(settings.shutdown))
      }
    case .reboot, .reset:
      if server.status == .running, failure == nil { restart(id, at: call.now) }
    case .changeProtection:
      if let delete = call.body["delete"]?.bool, failure == nil {
        frame.world.servers.change(id) { $0.protected = delete }
      }
    }
    frame.plan(.finished(server: id, action: action.id, becomes: becomes, failure: failure), at: end)
    return HTTPResponse(status: 201, json: ["action": show(action)])
  }

  private func command(_ verb: HetznerRoute.Verb) -> String {
    switch verb {
    case .poweron: "start_server"
    case .poweroff: "stop_server"
    case .shutdown: "shutdown_server"
    case .reboot: "reboot_server"
    case .reset: "reset_server"
    case .changeProtection: "change_protection"
    }
  }

  /// The lock that a fault puts on a server before the request is looked at.
  mutating func lock(_ id: Int64, _ call: HetznerCall) {
    guard case .lock(let ms) = call.fault else { return }
    frame.world.servers.change(id) { $0.lockedUntil = call.now + ms }
  }

  func refuseLocked(_ server: HetznerServer, _ call: HetznerCall) throws(HetznerError) {
    if isLocked(server) { throw .locked }
  }

  func isLocked(_ server: HetznerServer) -> Bool {
    frame.now < server.lockedUntil || (server.busy != nil && frame.world.settings.lockWhileBusy)
      || server.status == .deleting
  }
}

extension HetznerAction {
  /// `running`, `success` or `error`.
  package var status: String { finished == nil ? "running" : error == nil ? "success" : "error" }
}
