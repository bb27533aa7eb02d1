import HTTP

extension VultrCloud {
  func listKeys(_ call: VultrCall) throws(VultrError) -> HTTPResponse {
    try page(frame.world.keys.rows.filter { $0.project == call.project }, "ssh_keys", call, by: \.id, show)
  }

  func showKey(_ id: String, _ call: VultrCall) throws(VultrError) -> HTTPResponse {
    HTTPResponse(status: 200, json: ["ssh_key": show(try key(id, call))])
  }

  /// POST /ssh-keys; the same key and the same name may be given again and again.
  mutating func createKey(_ call: VultrCall) throws(VultrError) -> HTTPResponse {
    try call.check([
      FieldRule("name", .string(1...255), required: true), FieldRule("ssh_key", .string(1...16_384), required: true),
    ])
    let key = VultrKey(
      id: frame.random.uuid(), project: call.project, name: call.body["name"]?.string ?? "", line: try line(call) ?? "",
      created: call.now)
    frame.world.keys[key.id] = key
    return HTTPResponse(status: 201, json: ["ssh_key": show(key)])
  }

  mutating func updateKey(_ id: String, _ call: VultrCall) throws(VultrError) -> HTTPResponse {
    var key = try key(id, call)
    try call.check([FieldRule("name", .string(1...255)), FieldRule("ssh_key", .string(1...16_384))])
    if let name = call.body["name"]?.string { key.name = name }
    if let line = try line(call) { key.line = line }
    frame.world.keys[id] = key
    return HTTPResponse(status: 204)
  }

  mutating func deleteKey(_ id: String, _ call: VultrCall) throws(VultrError) -> HTTPResponse {
    _ = try key(id, call)
    frame.world.keys[id] = nil
    return HTTPResponse(status: 204)
  }

  private func line(_ call: VultrCall) throws(VultrError) -> String? {
    guard let line = call.body["ssh_key"]?.string else { return nil }
    guard PublicKey(line) != nil else { throw .badKey }
    return line
  }

  private func key(_ id: String, _ call: VultrCall) throws(VultrError) -> VultrKey {
    guard let key = frame.world.keys[id], key.project == call.project else { throw .noKey }
    return key
  }

  private func show(_ key: VultrKey) -> JSON {
    [
      "id": .string(key.id), "date_created": instant(key.created), "name": .string(key.name),
      "ssh_key": .string(key.line),
    ]
  }
}

/// Reserved addresses: they come to be where an instance leaves its address behind.
extension VultrCloud {
  func listReserved(_ call: VultrCall) throws(VultrError) -> HTTPResponse {
    try page(frame.world.reserved.rows.filter { $0.project == call.project }, "reserved_ips", call, by: \.id, show)
  }

  func showReserved(_ id: String, _ call: VultrCall) throws(VultrError) -> HTTPResponse {
    HTTPResponse(status: 200, json: ["reserved_ip": show(try reservedIP(id, call))])
  }

  mutating func deleteReserved(_ id: String, _ call: VultrCall) throws(VultrError) -> HTTPResponse {
    let address = try reservedIP(id, call)
    guard address.instance == nil else { throw .bad("reserved-ip", "is attached to an instance") }
    frame.world.reserved[id] = nil
    frame.world.pool.give(address.ip)
    return HTTPResponse(status: 204)
  }

  private func reservedIP(_ id: String, _ call: VultrCall) throws(VultrError) -> VultrReservedIP {
    guard let address = frame.world.reserved[id], address.project == call.project else {
      throw .notFound("reserved IP")
    }
    return address
  }

  private func show(_ address: VultrReservedIP) -> JSON {
    [
      "id": .string(address.id), "region": .string(address.region), "ip_type": "v4", "subnet": .string(address.ip),
      "subnet_size": 32, "label": .string(address.label), "instance_id": .string(address.instance ?? ""),
    ]
  }
}
