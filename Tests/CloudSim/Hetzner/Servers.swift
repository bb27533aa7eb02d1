import HTTP

extension HetznerCloud {
  func listServers(_ call: HetznerCall) throws(HetznerError) -> HTTPResponse {
    let selector = try call.selector()
    let states = call.all("status")
    if let bad = states.first(where: { HetznerServer.Status(rawValue: $0) == nil }) {
      throw .invalid("status", "'\(bad)' is not valid")
    }
    let name = call.first("name")
    let rows = frame.world.servers.rows.filter { server in
      server.project == call.project && server.visibleFrom <= call.now && (name.map { $0 == server.name } ?? true)
        && (states.isEmpty || states.contains(server.status.rawValue)) && selector.matches(server.labels)
    }
    let ordered = try sorted(
      rows, call,
      by: [
        SortField(name: "id") { $0.id < $1.id }, SortField(name: "name") { $0.name < $1.name },
        SortField(name: "created") { $0.created < $1.created },
      ])
    return try page(ordered, "servers", call, show)
  }

  func showServer(_ id: Int64, _ call: HetznerCall) throws(HetznerError) -> HTTPResponse {
    HTTPResponse(status: 200, json: ["server": show(try server(id, call))])
  }

  mutating func updateServer(_ id: Int64, _ call: HetznerCall) throws(HetznerError) -> HTTPResponse {
    var server = try server(id, call)
    try call.check([FieldRule("name", .string(1...253)), FieldRule("labels", .stringMap)])
    if let labels = try call.labels() { server.labels = labels }
    if let name = call.body["name"]?.string {
      try checkName(name, call, except: id)
      server.name = name
    }
    frame.world.servers[id] = server
    return HTTPResponse(status: 200, json: ["server": show(server)])
  }

  mutating func deleteServer(_ id: Int64, _ call: HetznerCall) throws(HetznerError) -> HTTPResponse {
    _ = try server(id, call)
    lock(id, call)
    let server = try server(id, call)
    if server.protected { throw .protected }
    try refuseLocked(server, call)
    let action = begin("delete_server", on: id, call)
    let end = call.now + frame.random.draw(frame.world.settings.delete)
    if case .actionFails(let code, let message) = call.fault {
      frame.world.servers.change(id) { $0.busy = action.id }
      let failure = HetznerAction.Failure(code: code, message: message)
      frame.plan(.finished(server: id, action: action.id, becomes: nil, failure: failure), at: end)
    } else {
      frame.world.servers.change(id) {
        $0.status = .deleting
        $0.busy = action.id
        $0.power += 1
        $0.listening = false
        if case .keepAddress = call.fault { $0.keepsAddress = true }
      }
      frame.commands.append(.stop(id: String(id)))
      frame.plan(.gone(server: id, action: action.id), at: end)
    }
    return HTTPResponse(status: 200, json: ["action": show(action)])
  }

  /// The server of an id, where the project has it and can see it yet.
  func server(_ id: Int64, _ call: HetznerCall) throws(HetznerError) -> HetznerServer {
    guard let server = frame.world.servers[id], server.project == call.project, server.visibleFrom <= call.now
    else { throw .notFound("server") }
    return server
  }

  func checkName(_ name: String, _ call: HetznerCall, except id: Int64?) throws(HetznerError) {
    guard HetznerLabels.isHostName(name) else { throw .invalid("name", "is not a valid hostname") }
    guard frame.world.settings.uniqueNames else { return }
    let used = frame.world.servers.rows.contains { $0.project == call.project && $0.name == name && $0.id != id }
    if used { throw .taken("name", "server name is already used") }
  }

  func show(_ server: HetznerServer) -> JSON {
    let catalog = frame.world.catalog
    let type = catalog.type(server.type)
    return [
      "id": .int(server.id), "name": .string(server.name), "status": .string(server.status.rawValue),
      "created": .string(instant(server.created)),
      "public_net": [
        "ipv4": server.ipv4.map { address in
          [
            "id": .int(address.id), "ip": .string(address.ip), "blocked": false,
            "dns_ptr": .string("static.\(address.ip).clients.your-server.de"),
          ]
        } ?? .null,
        "ipv6": server.ipv6.map { address in
          ["id": .int(address.id), "ip": .string(address.ip), "blocked": false, "dns_ptr": []]
        } ?? .null,
        "floating_ips": [], "firewalls": [],
      ],
      "private_net": [], "server_type": type?.json ?? .null,
      "location": catalog.location(server.location)?.json ?? .null, "image": server.image.json, "iso": .null,
      "rescue_enabled": false, "locked": .bool(isLocked(server)), "backup_window": .null,
      "outgoing_traffic": 0, "ingoing_traffic": 0, "included_traffic": 21_990_232_555_520,
      "protection": ["delete": .bool(server.protected), "rebuild": .bool(server.protected)],
      "labels": .map(server.labels), "volumes": [], "load_balancers": [],
      "primary_disk_size": .int(type?.disk ?? 0), "placement_group": .null,
    ]
  }
}
