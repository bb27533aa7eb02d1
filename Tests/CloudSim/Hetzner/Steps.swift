extension HetznerCloud {
  /// Takes a step that is due.
  package mutating func step(_ event: HetznerEvent, at now: Int64) {
    switch event {
    case .created(let id, let action, let next):
      finish(action, at: now)
      guard let server = frame.world.servers[id], server.status == .initializing else { break }
      guard let next else {
        settle(id, .off)
        break
      }
      frame.world.servers.change(id) {
        $0.status = .starting
        $0.busy = next
      }
    case .failed(let id, let actions, let code, let message):
      for action in actions {
        finish(action, at: now, failure: HetznerAction.Failure(code: code, message: message))
      }
      remove(id, at: now, .failed)
    case .finished(let id, let action, let becomes, let failure):
      finish(action, at: now, failure: failure)
      guard let server = frame.world.servers[id], server.busy == action else { break }
      settle(id, becomes)
      if becomes == .running { powerUp(id, at: now) }
      if becomes == .off { powerDown(id) }
    case .booted(let id, let power):
      guard let server = frame.world.servers[id], server.power == power, server.status != .off else { break }
      frame.world.servers.change(id) { $0.listening = true }
      frame.commands.append(
        .start(
          VMSpec(
            id: String(id), name: server.name, address: server.ipv4?.ip ?? "", userData: server.userData,
            authorizedKeys: server.authorizedKeys)))
    case .off(let id, let power):
      guard let server = frame.world.servers[id], server.power == power, server.status == .running else { break }
      frame.world.servers.change(id) { $0.status = .off }
      powerDown(id)
    case .gone(let id, let action):
      finish(action, at: now)
      remove(id, at: now, .deleted)
    case .restocked(let type, let location):
      setStock(type: type, location: location) { $0.available = true }
    }
  }

  /// Ends an action; a second end changes nothing.
  private mutating func finish(_ id: Int64, at now: Int64, failure: HetznerAction.Failure? = nil) {
    frame.world.actions.change(id) { action in
      guard action.finished == nil else { return }
      action.finished = now
      action.error = failure
    }
  }

  /// Frees a server from its action, in a new status where one is given.
  private mutating func settle(_ id: Int64, _ status: HetznerServer.Status?) {
    frame.world.servers.change(id) {
      $0.busy = nil
      if let status { $0.status = status }
    }
  }

  /// Power comes: the operating system answers after its boot.
  mutating func powerUp(_ id: Int64, at now: Int64) {
    frame.world.servers.change(id) { $0.power += 1 }
    guard let server = frame.world.servers[id] else { return }
    frame.plan(
      .booted(server: id, power: server.power), at: now + frame.random.draw(frame.world.settings.boot))
  }

  /// Power goes.
  mutating func powerDown(_ id: Int64) {
    frame.world.servers.change(id) {
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

  /// A server goes, its disk and, as a rule, its addresses with it.
  mutating func remove(_ id: Int64, at now: Int64, _ end: BillingLedger.End) {
    guard let server = frame.world.servers[id] else { return }
    release(server)
    frame.world.servers[id] = nil
    frame.ledger.close(String(id), at: now, end)
    frame.commands.append(.remove(id: String(id)))
  }

  /// Changes offers of a type, or of every one, in a location, or in every one; false where none matched.
  @discardableResult
  mutating func setStock(
    type: String?, location: String?, _ change: (inout HetznerServerType.Offer) -> Void
  ) -> Bool {
    var found = false
    for at in frame.world.catalog.types.indices where type == nil || frame.world.catalog.types[at].name == type {
      for offer in frame.world.catalog.types[at].offers.indices
      where location == nil || frame.world.catalog.types[at].offers[offer].location == location {
        change(&frame.world.catalog.types[at].offers[offer])
        found = true
      }
    }
    return found
  }
}
