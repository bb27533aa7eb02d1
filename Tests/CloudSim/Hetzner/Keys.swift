import HTTP

extension HetznerCloud {
  func listKeys(_ call: HetznerCall) throws(HetznerError) -> HTTPResponse {
    let selector = try call.selector()
    let rows = frame.world.keys.rows.filter { key in
      key.project == call.project && selector.matches(key.labels)
        && (call.first("name").map { $0 == key.name } ?? true)
        && (call.first("fingerprint").map { $0 == key.fingerprint } ?? true)
    }
    let ordered = try sorted(
      rows, call, by: [SortField(name: "id") { $0.id < $1.id }, SortField(name: "name") { $0.name < $1.name }])
    return try page(ordered, "ssh_keys", call, show)
  }

  func showKey(_ id: Int64, _ call: HetznerCall) throws(HetznerError) -> HTTPResponse {
    HTTPResponse(status: 200, json: ["ssh_key": show(try key(id, call))])
  }

  mutating func createKey(_ call: HetznerCall) throws(HetznerError) -> HTTPResponse {
    try call.check([
      FieldRule("name", .string(1...255), required: true), FieldRule("public_key", .string(1...16_384), required: true),
      FieldRule("labels", .stringMap, nullable: true),
    ])
    let labels = try call.labels() ?? [:]
    let name = call.body["name"]?.string ?? ""
    let line = call.body["public_key"]?.string ?? ""
    guard let parsed = PublicKey(line) else { throw .invalid("public_key", "is not a valid SSH public key") }
    let mine = frame.world.keys.rows.filter { $0.project == call.project }
    if mine.contains(where: { $0.fingerprint == parsed.fingerprint }) {
      throw .taken("public_key", "SSH key with the same fingerprint already exists")
    }
    if mine.contains(where: { $0.name == name }) { throw .taken("name", "SSH key name is already used") }
    let key = HetznerKey(
      id: frame.world.freshID(), project: call.project, name: name, labels: labels, fingerprint: parsed.fingerprint,
      line: line, created: call.now)
    frame.world.keys[key.id] = key
    return HTTPResponse(status: 201, json: ["ssh_key": show(key)])
  }

  mutating func updateKey(_ id: Int64, _ call: HetznerCall) throws(HetznerError) -> HTTPResponse {
    var key = try key(id, call)
    try call.check([FieldRule("name", .string(1...255)), FieldRule("labels", .stringMap)])
    if let labels = try call.labels() { key.labels = labels }
    if let name = call.body["name"]?.string {
      let used = frame.world.keys.rows.contains { $0.project == call.project && $0.name == name && $0.id != id }
      if used { throw .taken("name", "SSH key name is already used") }
      key.name = name
    }
    frame.world.keys[id] = key
    return HTTPResponse(status: 200, json: ["ssh_key": show(key)])
  }

  mutating func deleteKey(_ id: Int64, _ call: HetznerCall) throws(HetznerError) -> HTTPResponse {
    _ = try key(id, call)
    frame.world.keys[id] = nil
    return HTTPResponse(status: 204)
  }

  private func key(_ id: Int64, _ call: HetznerCall) throws(HetznerError) -> HetznerKey {
    guard let key = frame.world.keys[id], key.project == call.project else { throw .notFound("SSH key") }
    return key
  }

  private func show(_ key: HetznerKey) -> JSON {
    [
      "id": .int(key.id), "name": .string(key.name), "fingerprint": .string(key.fingerprint),
      "public_key": .string(key.line), "labels": .map(key.labels), "created": .string(instant(key.created)),
    ]
  }
}
