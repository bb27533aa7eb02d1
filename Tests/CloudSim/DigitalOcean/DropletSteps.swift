extension DigitalOceanCloud {
  /// Takes a step that is due.
  package mutating func step(_ event: DigitalOceanEvent, at now: Int64) {
    switch event {
    case .created(let id, let action):
      complete(action, at: now)
      guard frame.world.droplets[id]?.status == .new else { break }
      let tagged = now + frame.random.draw(frame.world.settings.tags)
      frame.world.droplets.change(id) {
        if $0.busy == action { $0.busy = nil }
        $0.status = .active
        $0.taggedFrom = tagged
      }
      powerUp(id, at: now)
    case .failed(let id, let action):
      complete(action, at: now, errored: true)
      remove(id, at: now, .failed)
    case .finished(let id, let action, let becomes, let errored):
      complete(action, at: now, errored: errored)
      guard frame.world.droplets[id]?.busy == action else { break }
      frame.world.droplets.change(id) {
        $0.busy = nil
        if let becomes { $0.status = becomes }
      }
      if becomes == .active { powerUp(id, at: now) }
      if becomes == .off { powerDown(id) }
    case .booted(let id, let power):
      guard let droplet = frame.world.droplets[id], droplet.power == power, droplet.status == .active else { break }
      frame.world.droplets.change(id) { $0.listening = true }
      frame.commands.append(
        .start(
          VMSpec(
            id: String(id), name: droplet.name, address: droplet.ipv4 ?? "", userData: droplet.userData,
            authorizedKeys: droplet.authorizedKeys)))
    case .off(let id, let power):
      guard let droplet = frame.world.droplets[id], droplet.power == power, droplet.status == .active else { break }
      frame.world.droplets.change(id) { $0.status = .off }
      powerDown(id)
    case .gone(let id, let action):
      complete(action, at: now)
      remove(id, at: now, .deleted)
    case .restocked(let place): frame.world.full.remove(place)
    }
  }

  /// Ends an action; a second end changes nothing.
  private mutating func complete(_ id: Int64, at now: Int64, errored: Bool = false) {
    frame.world.actions.change(id) { action in
      guard action.completed == nil else { return }
      action.completed = now
      action.errored = errored
    }
  }

  /// Power comes: the operating system answers after its boot.
  mutating func powerUp(_ id: Int64, at now: Int64) {
    frame.world.droplets.change(id) { $0.power += 1 }
    guard let droplet = frame.world.droplets[id] else { return }
    frame.plan(
      .booted(droplet: id, power: droplet.power), at: now + frame.random.draw(frame.world.settings.boot))
  }

  /// Power goes.
  mutating func powerDown(_ id: Int64) {
    frame.world.droplets.change(id) {
      $0.power += 1
      $0.listening = false
    }
    frame.commands.append(.stop(id: String(id)))
  }

  /// Power goes and comes.
  mutating func restart(_ id: Int64, at now: Int64) {
    powerDown(id)
    powerUp(id, at: now)
  }

  /// A droplet goes, and its disk and address with it.
  mutating func remove(_ id: Int64, at now: Int64, _ end: BillingLedger.End) {
    guard let droplet = frame.world.droplets[id] else { return }
    if let address = droplet.ipv4 { frame.world.pool.give(address) }
    frame.world.droplets[id] = nil
    frame.ledger.close(String(id), at: now, end)
    frame.commands.append(.remove(id: String(id)))
  }
}
