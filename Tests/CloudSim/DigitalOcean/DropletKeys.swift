import HTTP

extension DigitalOceanCloud {
  func listKeys(_ call: DigitalOceanCall) throws(DigitalOceanError) -> HTTPResponse {
    try page(frame.world.keys.rows.filter { $0.project == call.project }, "ssh_keys", call, show)
  }

  func showKey(_ key: String, _ call: DigitalOceanCall) throws(DigitalOceanError) -> HTTPResponse {
    HTTPResponse(status: 200, json: ["ssh_key": show(try self.key(key, call))])
  }

  mutating func createKey(_ call: DigitalOceanCall) throws(DigitalOceanError) -> HTTPResponse {
    try call.check([
      FieldRule("name", .string(1...255), required: true), FieldRule("public_key", .string(1...16_384), required: true),
    ])
    let line = call.body["public_key"]?.string ?? ""
    guard let parsed = PublicKey(line) else { throw .badKey }
    let used = frame.world.keys.rows.contains { $0.project == call.project && $0.fingerprint == parsed.fingerprint }
    if used { throw .keyInUse }
    let key = DigitalOceanKey(
      id: frame.world.freshID(), project: call.project, name: call.body["name"]?.string ?? "",
      fingerprint: parsed.fingerprint, line: line,
      usableFrom: call.now + frame.random.draw(frame.world.settings.keyUse))
    frame.world.keys[key.id] = key
    return HTTPResponse(status: 201, json: ["ssh_key": show(key)])
  }

  mutating func renameKey(_ key: String, _ call: DigitalOceanCall) throws(DigitalOceanError) -> HTTPResponse {
    var key = try self.key(key, call)
    try call.check([FieldRule("name", .string(1...255), required: true)])
    key.name = call.body["name"]?.string ?? key.name
    frame.world.keys[key.id] = key
    return HTTPResponse(status: 200, json: ["ssh_key": show(key)])
  }

  mutating func deleteKey(_ key: String, _ call: DigitalOceanCall) throws(DigitalOceanError) -> HTTPResponse {
    frame.world.keys[try self.key(key, call).id] = nil
    return HTTPResponse(status: 204)
  }

  /// The key of an id in digits or of a fingerprint, where the project has it.
  func find(_ key: String, _ call: DigitalOceanCall) -> DigitalOceanKey? {
    frame.world.keys.rows.first { $0.project == call.project && ($0.fingerprint == key || String($0.id) == key) }
  }

  private func key(_ key: String, _ call: DigitalOceanCall) throws(DigitalOceanError) -> DigitalOceanKey {
    guard let found = find(key, call) else { throw .notFound }
    return found
  }

  private func show(_ key: DigitalOceanKey) -> JSON {
    [
      "id": .int(key.id), "fingerprint": .string(key.fingerprint), "public_key": .string(key.line),
      "name": .string(key.name),
    ]
  }
}
