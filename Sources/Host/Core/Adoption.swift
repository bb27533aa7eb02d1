package import Model

/// An object that shall become a resource: what a listing showed of it, and where.
package struct Adoption: Sendable, Hashable {
  /// The account that has it.
  package var account: String
  /// The object.
  package var thing: ListedThing
  /// The attempt that its label names; its later calls go by this id.
  package var attempt: ULID
  /// Whom it is for.
  package var tenant: String

  /// Makes an adoption.
  package init(account: String, thing: ListedThing, attempt: ULID, tenant: String) {
    self.account = account
    self.thing = thing
    self.attempt = attempt
    self.tenant = tenant
  }
}

extension ResourceMachine {
  /// The resource that an adopted object becomes: handed over, without a promised price, known to the cloud by the
  /// attempt on its label.
  static func adopt(
    _ adoption: Adoption, plugin: String, limits: CloudLimits, resource id: ULID, operation: ULID, turn: inout Turn
  ) -> ResourceMachine {
    let thing = adoption.thing
    let placement = Placement(
      account: adoption.account, type: thing.type ?? "", location: thing.location ?? "", image: "")
    let offering = Offering(
      name: "adopted", placements: [placement], readiness: .cloud, provisionDeadlineMs: 900_000, addedAt: turn.now)
    var work = Operation(id: operation, kind: .adopt, acceptedAt: turn.now, deadline: turn.now)
    work.outcome = .succeeded
    work.decidedAt = turn.now
    var machine = ResourceMachine(
      resource: Resource(
        id: id, tenant: adoption.tenant, offering: offering, sshKeys: [], expiresAt: nil, operation: work))
    var attempt = Attempt(
      id: adoption.attempt, resource: id, operation: operation, plugin: plugin, placement: placement,
      resolved: ResolvedPlacement(
        type: placement.type, location: placement.location, imageID: "", architecture: "", vcpu: 0, memoryMB: 0,
        diskGB: 0, price: nil),
      name: thing.name, cookie: nil, limits: limits)
    attempt.status = .created
    var object = CloudObject(id: thing.externalID, fate: .kept, seenAt: turn.now)
    object.createdAt = thing.createdAt
    object.ipv4 = thing.ipv4
    object.ipv6 = thing.ipv6
    object.firstIPv4 = thing.ipv4
    object.firstIPv6 = thing.ipv6
    attempt.objects = [object]
    machine.attempts[attempt.id] = attempt
    machine.resource.attempts = [attempt.id]
    if thing.state == .stopped {
      machine.resource.goal = .stopped
      machine.resource.state = .stopped(attempt: attempt.id, object: object.id)
    } else {
      machine.resource.state = .active(attempt: attempt.id, object: object.id)
    }
    machine.mark(.active, turn: &turn)
    machine.note(
      .intent, "adopted \(thing.externalID) (\(thing.name)) on \(adoption.account)",
      ["operation": "\(operation)", "external_id": thing.externalID], turn: &turn)
    return machine
  }
}
