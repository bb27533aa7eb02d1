import HTTP

extension DigitalOceanCloud {
  func listDroplets(_ call: DigitalOceanCall) throws(DigitalOceanError) -> HTTPResponse {
    let (tag, name, type) = (call.first("tag_name"), call.first("name"), call.first("type"))
    if tag != nil { try call.demand(["tag:read"]) }
    if tag != nil, name != nil || type != nil { throw .invalid("tag_name cannot be combined with name or type") }
    if let type, type != "droplets", type != "gpus" { throw .invalid("'\(type)' is not a valid droplet type") }
    let rows = frame.world.droplets.rows.filter { droplet in
      droplet.project == call.project && droplet.visibleFrom <= call.now && droplet.isGPU == (type == "gpus")
        && (tag.map { has($0, droplet) } ?? true)
        && (name.map { $0.lowercased() == droplet.name.lowercased() && droplet.namedFrom <= call.now } ?? true)
    }
    return try page(rows, "droplets", call) { show($0, call) }
  }

  func showDroplet(_ id: Int64, _ call: DigitalOceanCall) throws(DigitalOceanError) -> HTTPResponse {
    HTTPResponse(status: 200, json: ["droplet": show(try droplet(id, call), call)])
  }

  mutating func deleteDroplet(_ id: Int64, _ call: DigitalOceanCall) throws(DigitalOceanError) -> HTTPResponse {
    _ = try droplet(id, call)
    lock(id, call)
    try refusePending(try droplet(id, call))
    destroy(id, call)
    return HTTPResponse(status: 204)
  }

  /// DELETE /v2/droplets?tag_name=: every droplet that shows the tag, GPU droplets included.
  mutating func deleteTagged(_ call: DigitalOceanCall) throws(DigitalOceanError) -> HTTPResponse {
    try call.demand(["tag:read"])
    guard let tag = call.first("tag_name"), !tag.isEmpty else { throw .invalid("tag_name is required") }
    let rows = frame.world.droplets.rows.filter {
      $0.project == call.project && $0.visibleFrom <= call.now && has(tag, $0) && !isPending($0)
    }
    for droplet in rows { destroy(droplet.id, call) }
    return HTTPResponse(status: 204)
  }

  private mutating func destroy(_ id: Int64, _ call: DigitalOceanCall) {
    let action = begin("destroy", on: id, call)
    let end = call.now + frame.random.draw(frame.world.settings.delete)
    frame.world.droplets.change(id) { $0.busy = action.id }
    if case .actionFails = call.fault {
      frame.plan(.finished(droplet: id, action: action.id, becomes: nil, errored: true), at: end)
    } else {
      powerDown(id)
      frame.plan(.gone(droplet: id, action: action.id), at: end)
    }
  }

  /// The droplet of an id, where the project has it and can see it yet.
  func droplet(_ id: Int64, _ call: DigitalOceanCall) throws(DigitalOceanError) -> DigitalOceanDroplet {
    guard let droplet = frame.world.droplets[id], droplet.project == call.project, droplet.visibleFrom <= call.now
    else { throw .notFound }
    return droplet
  }

  /// The pending event that a fault puts on a droplet before the request is looked at.
  mutating func lock(_ id: Int64, _ call: DigitalOceanCall) {
    guard case .lock(let ms) = call.fault else { return }
    frame.world.droplets.change(id) { $0.lockedUntil = call.now + ms }
  }

  func refusePending(_ droplet: DigitalOceanDroplet) throws(DigitalOceanError) {
    if isPending(droplet) { throw .pending }
  }

  func isPending(_ droplet: DigitalOceanDroplet) -> Bool {
    frame.now < droplet.lockedUntil || (droplet.busy != nil && frame.world.settings.pendingEvents)
  }

  /// The tags that a droplet shows: none before it was active.
  private func tags(_ droplet: DigitalOceanDroplet) -> [String] {
    (droplet.taggedFrom.map { $0 <= frame.now } ?? false) ? droplet.tags : []
  }

  /// Whether a droplet shows a tag, in whatever spelling.
  private func has(_ tag: String, _ droplet: DigitalOceanDroplet) -> Bool {
    tags(droplet).contains { $0.lowercased() == tag.lowercased() }
  }

  func show(_ droplet: DigitalOceanDroplet, _ call: DigitalOceanCall) -> JSON {
    let catalog = frame.world.catalog
    let size = catalog.size(droplet.size)
    var json: JSON = [
      "id": .int(droplet.id), "name": .string(droplet.name), "memory": .int(size?.memory ?? 0),
      "vcpus": .int(size?.vcpus ?? 0), "disk": .int(size?.disk ?? 0), "disk_info": size?.diskInfo ?? [],
      "locked": .bool(isPending(droplet)), "status": .string(droplet.status.rawValue), "kernel": .null,
      "created_at": .string(instant(droplet.created)), "features": .array(droplet.features.map(JSON.string)),
      "backup_ids": [], "next_backup_window": .null, "snapshot_ids": [], "image": droplet.image.json, "volume_ids": [],
      "size": size?.json ?? .null, "size_slug": .string(droplet.size), "networks": networks(droplet),
      "region": catalog.region(droplet.region).map(show) ?? .null, "tags": .array(tags(droplet).map(JSON.string)),
      "vpc_uuid": .string(network(droplet.project, droplet.region)),
    ]
    json["gpu_info"] = size?.gpuInfo
    return call.visible(json)
  }

  /// Addresses, none before the droplet was active; the private one comes first, as it may in reality.
  private func networks(_ droplet: DigitalOceanDroplet) -> JSON {
    guard droplet.taggedFrom != nil else { return ["v4": [], "v6": []] }
    var v4: [JSON] = [
      [
        "ip_address": .string("10.\(droplet.id >> 16 & 127).\(droplet.id >> 8 & 255).\(droplet.id & 255)"),
        "netmask": "255.128.0.0", "gateway": "10.0.0.1", "type": "private",
      ]
    ]
    if let address = droplet.ipv4 {
      let gateway = address.split(separator: ".").prefix(3).joined(separator: ".") + ".1"
      v4.append([
        "ip_address": .string(address), "netmask": "255.255.240.0", "gateway": .string(gateway), "type": "public",
      ])
    }
    let high = String(droplet.id >> 16 & 0xFFFF, radix: 16)
    let prefix = "2001:db8:\(high):\(String(droplet.id & 0xFFFF, radix: 16))"
    let v6: JSON = [
      ["ip_address": .string("\(prefix)::1001"), "netmask": 64, "gateway": .string("\(prefix)::1"), "type": "public"]
    ]
    return ["v4": .array(v4), "v6": droplet.hasIPv6 ? v6 : []]
  }
}
