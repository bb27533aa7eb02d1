import HTTP

extension VultrCloud {
  func listInstances(_ call: VultrCall) throws(VultrError) -> HTTPResponse {
    let rows = frame.world.instances.rows.filter { instance in
      instance.project == call.project && instance.visibleFrom <= call.now
        && (call.first("label").map { $0 == instance.label } ?? true)
        && (call.first("tag").map { instance.tags.contains($0) } ?? true)
        && (call.first("region").map { $0 == instance.region } ?? true)
        && (call.first("main_ip").map { $0 == mainAddress(instance) } ?? true)
        && call.first("firewall_group_id") == nil
    }
    return try page(rows, "instances", call, by: \.id, show)
  }

  func showInstance(_ id: String, _ call: VultrCall) throws(VultrError) -> HTTPResponse {
    HTTPResponse(status: 200, json: ["instance": show(try instance(id, call))])
  }

  func showUserData(_ id: String, _ call: VultrCall) throws(VultrError) -> HTTPResponse {
    HTTPResponse(status: 200, json: ["user_data": ["data": .string(try instance(id, call).userData)]])
  }

  func listAddresses(of id: String, _ call: VultrCall) throws(VultrError) -> HTTPResponse {
    let instance = try instance(id, call)
    let rows = instance.stage == .fresh ? [] : [instance.ip].compactMap(\.self)
    return try page(rows, "ipv4s", call, by: \.self) { ip in
      [
        "ip": .string(ip), "netmask": "255.255.254.0", "gateway": .string(VultrCloud.gateway(ip)), "type": "main_ip",
        "reverse": .string("\(ip).vultrusercontent.com"),
      ]
    }
  }

  mutating func deleteInstance(_ id: String, _ call: VultrCall) throws(VultrError) -> HTTPResponse {
    let instance = try locked(id, call)
    if instance.ending { throw .ending }
    if isLocked(instance) { throw .locked("destroy server: Unable to remove VM") }
    // Accepted and not carried out: the instance stays.
    if doesNothing(call) { return HTTPResponse(status: 204) }
    frame.world.instances.change(id) {
      $0.ending = true
      if case .keepAddress = call.fault { $0.keepsAddress = true }
    }
    powerDown(id)
    frame.plan(.gone(id), at: call.now + frame.random.draw(frame.world.settings.delete))
    return HTTPResponse(status: 204)
  }

  /// The instance of an id, where the account has it and can see it yet.
  func instance(_ id: String, _ call: VultrCall) throws(VultrError) -> VultrInstance {
    guard let instance = frame.world.instances[id], instance.project == call.project,
      instance.visibleFrom <= call.now
    else { throw .notFound("instance") }
    return instance
  }

  /// The instance of an id, with the lock that a fault puts on it before the request is looked at.
  mutating func locked(_ id: String, _ call: VultrCall) throws(VultrError) -> VultrInstance {
    _ = try instance(id, call)
    if case .lock(let ms) = call.fault { frame.world.instances.change(id) { $0.lockedUntil = call.now + ms } }
    return try instance(id, call)
  }

  /// Whether the cloud says no to every change for now.
  func isLocked(_ instance: VultrInstance) -> Bool {
    if frame.now < instance.lockedUntil { return true }
    return instance.stage != .ready && !instance.stuck && frame.world.settings.lockWhileBusy
  }

  /// Whether a fault lets a request be accepted and forgotten.
  func doesNothing(_ call: VultrCall) -> Bool {
    switch call.fault {
    case .ignore, .actionFails: true
    default: false
    }
  }

  /// vultr-v2.json, schema `instance`; `default_password` is there only for some minutes.
  func show(_ instance: VultrInstance) -> JSON {
    let plan = frame.world.catalog.plan(instance.plan)
    let seen = instance.stage != .fresh
    let ip = seen ? instance.ip : nil
    let network = seen ? instance.network ?? "" : ""
    var json: JSON = [
      "id": .string(instance.id), "os": .string(instance.system.name), "ram": .int(plan?.memory ?? 0),
      "disk": .int(seen ? plan?.disk ?? 0 : 0), "main_ip": .string(mainAddress(instance)),
      "vcpu_count": .int(plan?.cpus ?? 0), "region": .string(instance.region), "plan": .string(instance.plan),
      "date_created": instant(instance.created), "status": .string(status(instance)),
      "allowed_bandwidth": .int(plan?.bandwidth ?? 0), "netmask_v4": .string(ip == nil ? "" : "255.255.254.0"),
      "gateway_v4": .string(ip.map(VultrCloud.gateway) ?? "0.0.0.0"),
      "power_status": .string(instance.powered ? "running" : "stopped"),
      "server_status": .string(serverStatus(instance)), "v6_network": .string(network.isEmpty ? "" : network + ":"),
      "v6_main_ip": .string(network.isEmpty ? "" : network + "5400:4ff:fe00:1"),
      "v6_network_size": .int(network.isEmpty ? 0 : 64), "label": .string(instance.label), "internal_ip": "",
      "kvm": .string(seen ? "https://my.vultr.com/subs/vps/novnc/api.php?data=\(instance.id)" : ""),
      "hostname": .string(instance.hostname), "tag": .string(instance.tags.first ?? ""),
      "tags": .array(instance.tags.map(JSON.string)), "os_id": .int(instance.system.os),
      "app_id": .int(instance.system.app), "image_id": .string(instance.system.image), "firewall_group_id": "",
      "features": .array(instance.features.map(JSON.string)), "user_scheme": .string(instance.userScheme),
    ]
    if frame.now < instance.passwordUntil { json["default_password"] = .string(instance.password) }
    return json
  }

  private func mainAddress(_ instance: VultrInstance) -> String {
    instance.stage == .fresh ? "0.0.0.0" : instance.ip ?? ""
  }

  private func status(_ instance: VultrInstance) -> String {
    switch instance.stage {
    case .fresh, .addressed: "pending"
    case .installing, .ready: instance.resizing ? "resizing" : "active"
    }
  }

  private func serverStatus(_ instance: VultrInstance) -> String {
    if frame.now < instance.lockedUntil { return "locked" }
    return switch instance.stage {
    case .fresh: "none"
    case .addressed: "locked"
    case .installing: "installingbooting"
    case .ready: "ok"
    }
  }

  private static func gateway(_ ip: String) -> String {
    ip.split(separator: ".").dropLast().joined(separator: ".") + ".1"
  }
}
