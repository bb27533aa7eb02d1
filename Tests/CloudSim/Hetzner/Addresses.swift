import HTTP

extension HetznerCloud {
  func listAddresses(_ call: HetznerCall) throws(HetznerError) -> HTTPResponse {
    let selector = try call.selector()
    let rows = frame.world.addresses.rows.filter { address in
      address.project == call.project && selector.matches(address.labels)
        && (call.first("name").map { $0 == address.name } ?? true)
        && (call.first("ip").map { $0 == address.ip } ?? true)
    }
    let ordered = try sorted(
      rows, call,
      by: [SortField(name: "id") { $0.id < $1.id }, SortField(name: "created") { $0.created < $1.created }])
    return try page(ordered, "primary_ips", call, show)
  }

  func showAddress(_ id: Int64, _ call: HetznerCall) throws(HetznerError) -> HTTPResponse {
    HTTPResponse(status: 200, json: ["primary_ip": show(try address(id, call))])
  }

  mutating func updateAddress(_ id: Int64, _ call: HetznerCall) throws(HetznerError) -> HTTPResponse {
    var address = try address(id, call)
    try call.check([
      FieldRule("name", .string(1...255)), FieldRule("labels", .stringMap), FieldRule("auto_delete", .boolean),
    ])
    if let labels = try call.labels() { address.labels = labels }
    if let name = call.body["name"]?.string { address.name = name }
    if let auto = call.body["auto_delete"]?.bool { address.autoDelete = auto }
    frame.world.addresses[id] = address
    return HTTPResponse(status: 200, json: ["primary_ip": show(address)])
  }

  mutating func deleteAddress(_ id: Int64, _ call: HetznerCall) throws(HetznerError) -> HTTPResponse {
    let address = try address(id, call)
    if address.server != nil {
      throw HetznerError(status: 422, code: "primary_ip_assigned", message: "primary IP is assigned")
    }
    forget(address)
    return HTTPResponse(status: 204)
  }

  /// Makes the primary IP of a new server; nil where the pool is empty.
  mutating func allocate(v6: Bool, server: Int64, location: String, _ call: HetznerCall) -> HetznerServer.Address? {
    let id = frame.world.freshID()
    let ip: String
    if v6 {
      let high = String((id >> 16) & 0xFFFF, radix: 16)
      ip = "2001:db8:\(high):\(String(id & 0xFFFF, radix: 16))::/64"
    } else {
      guard let taken = frame.world.pool.take() else { return nil }
      ip = taken
    }
    frame.world.addresses[id] = HetznerAddress(
      id: id, project: call.project, name: "primary_ip-\(id)", labels: [:], ip: ip, isV6: v6, location: location,
      created: call.now, server: server, autoDelete: true)
    return HetznerServer.Address(id: id, ip: ip)
  }

  /// Takes the primary IPs from a server that goes: away with it, or unassigned.
  mutating func release(_ server: HetznerServer) {
    for id in [server.ipv4?.id, server.ipv6?.id].compactMap(\.self) {
      guard var address = frame.world.addresses[id] else { continue }
      if address.autoDelete, !server.keepsAddress {
        forget(address)
      } else {
        address.server = nil
        address.autoDelete = false
        frame.world.addresses[id] = address
      }
    }
  }

  private mutating func forget(_ address: HetznerAddress) {
    frame.world.addresses[address.id] = nil
    if !address.isV6 { frame.world.pool.give(address.ip) }
  }

  private func address(_ id: Int64, _ call: HetznerCall) throws(HetznerError) -> HetznerAddress {
    guard let address = frame.world.addresses[id], address.project == call.project else {
      throw .notFound("primary IP")
    }
    return address
  }

  private func show(_ address: HetznerAddress) -> JSON {
    [
      "id": .int(address.id), "name": .string(address.name), "labels": .map(address.labels),
      "created": .string(instant(address.created)), "blocked": false,
      "location": frame.world.catalog.location(address.location)?.json ?? .null, "ip": .string(address.ip),
      "dns_ptr": [], "protection": ["delete": false], "type": .string(address.isV6 ? "ipv6" : "ipv4"),
      "auto_delete": .bool(address.autoDelete), "assignee_type": "server", "assignee_id": .optional(address.server),
    ]
  }
}
