extension VultrCloud {
  /// Takes a step that is due.
  package mutating func step(_ event: VultrEvent, at now: Int64) {
    switch event {
    case .addressed(let id):
      frame.world.instances.change(id) { if $0.stage == .fresh { $0.stage = .addressed } }
    case .installing(let id):
      guard let instance = frame.world.instances[id], instance.stage == .addressed else { break }
      frame.world.instances.change(id) { $0.stage = .installing }
      guard !instance.stuck else { break }
      frame.plan(.installed(id, number: 0), at: now + frame.random.draw(frame.world.settings.install))
    case .installed(let id, let number):
      guard let instance = frame.world.instances[id], instance.stage == .installing, instance.installs == number
      else { break }
      frame.world.instances.change(id) { $0.stage = .ready }
      if instance.powered, !instance.ending { powerUp(id, at: now) }
    case .failed(let id): remove(id, at: now, .failed)
    case .powered(let id, let on, let order):
      guard let instance = frame.world.instances[id], instance.orders == order, instance.powered != on,
        !instance.ending
      else { break }
      frame.world.instances.change(id) { $0.powered = on }
      if on { powerUp(id, at: now) } else { powerDown(id) }
    case .resized(let id):
      guard let instance = frame.world.instances[id], instance.resizing else { break }
      frame.world.instances.change(id) { $0.resizing = false }
      if instance.powered, !instance.ending { powerUp(id, at: now) }
    case .booted(let id, let power): boot(id, power)
    case .gone(let id): remove(id, at: now, .deleted)
    case .restocked(let plan, let region):
      setStock(plan: plan, region: region) { $0.available.insert($1) }
    }
  }

  private mutating func boot(_ id: String, _ power: Int) {
    guard let instance = frame.world.instances[id], instance.power == power, instance.powered,
      instance.stage == .ready, !instance.ending, !instance.resizing
    else { return }
    frame.world.instances.change(id) { $0.listening = true }
    frame.commands.append(
      .start(
        VMSpec(
          id: instance.machine, name: instance.hostname, address: instance.ip ?? "",
          userData: String(decoding: Base64.decode(instance.userData) ?? [], as: UTF8.self),
          authorizedKeys: instance.authorizedKeys)))
  }

  /// Power comes: the operating system answers after its boot.
  mutating func powerUp(_ id: String, at now: Int64) {
    frame.world.instances.change(id) { $0.power += 1 }
    guard let instance = frame.world.instances[id] else { return }
    frame.plan(.booted(id, power: instance.power), at: now + frame.random.draw(frame.world.settings.boot))
  }

  /// Power goes.
  mutating func powerDown(_ id: String) {
    frame.world.instances.change(id) {
      $0.power += 1
      $0.listening = false
    }
    if let instance = frame.world.instances[id] { frame.commands.append(.stop(id: instance.machine)) }
  }

  /// An instance goes with its disk; its address goes back, or stays reserved.
  mutating func remove(_ id: String, at now: Int64, _ end: BillingLedger.End) {
    guard let instance = frame.world.instances[id] else { return }
    if let reserved = instance.reserved {
      frame.world.reserved.change(reserved) { $0.instance = nil }
    } else if let ip = instance.ip, instance.keepsAddress {
      let kept = VultrReservedIP(
        id: frame.random.uuid(), project: instance.project, ip: ip, region: instance.region, label: instance.label)
      frame.world.reserved[kept.id] = kept
    } else if let ip = instance.ip {
      frame.world.pool.give(ip)
    }
    frame.world.instances[id] = nil
    frame.ledger.close(id, at: now, end)
    frame.commands.append(.remove(id: instance.machine))
  }

  /// Changes a plan, or every one, for a region where it can exist, or for every such; false where none matched.
  @discardableResult
  mutating func setStock(
    plan: String?, region: String?, _ change: (inout VultrPlan, String) -> Void
  ) -> Bool {
    var found = false
    for at in frame.world.catalog.plans.indices where plan == nil || frame.world.catalog.plans[at].id == plan {
      for place in frame.world.catalog.plans[at].locations where region == nil || place == region {
        change(&frame.world.catalog.plans[at], place)
        found = true
      }
    }
    return found
  }
}

extension VultrInstance {
  /// Id of the machine under it: a new one for each installation, since that empties the disk.
  var machine: String { installs == 0 ? id : "\(id)-\(installs)" }
}
