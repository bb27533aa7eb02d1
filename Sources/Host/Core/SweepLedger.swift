import Model

/// One account's part of the ledger as a sweep reads it: who owns which attempt, and which object.
struct SweepLedger {
  /// What a listing means for one object, before it is joined with what was known.
  struct Found {
    var kind: CloudFinding.Kind
    var thing: ListedThing
    var resource: ULID?
    var attempt: ULID?
    var differences: [CloudFinding.Difference] = []
    /// Whether the ledger holds that the object stands; false once its resource is lost.
    var isStanding = true
  }

  fileprivate struct Kept {
    var machine: ResourceMachine
    var attempt: Attempt
    var object: CloudObject
  }

  private var machines: [ULID: ResourceMachine] = [:]
  private var objects: [String: Kept] = [:]
  private var names: [String: ULID] = [:]

  init(account: String, machines list: [ResourceMachine]) {
    for machine in list {
      for attempt in machine.attempts.values where attempt.placement.account == account {
        machines[attempt.id] = machine
        names[attempt.name] = attempt.id
        for object in attempt.objects {
          objects[object.id] = Kept(machine: machine, attempt: attempt, object: object)
        }
      }
    }
  }

  /// The resource that an attempt on this account is of.
  func owner(of attempt: ULID) -> ResourceMachine? { machines[attempt] }

  /// Ids of the objects that were handed over and stand.
  var standing: [String] { objects.values.filter { $0.isHandedOver }.map(\.object.id) }

  /// Whether the ledger knows that the object is on its way out or gone, or let it go.
  func hasEnded(_ thing: ListedThing) -> Bool {
    guard let known = objects[thing.externalID] else { return false }
    return known.object.fate != .kept
  }

  /// What one listed machine means; nil where it is as it should be.
  func judge(_ thing: ListedThing, listing: Listing) -> Found? {
    let label = thing.attemptLabel.flatMap { ULID($0) }
    if let known = objects[thing.externalID] { return judge(thing, known, label: label, listing: listing) }
    guard let label, let machine = machines[label], let attempt = machine.attempts[label] else {
      if let named = names[thing.name] {
        return Found(kind: .foreign, thing: thing, resource: machines[named]?.resource.id, attempt: nil)
      }
      return Found(kind: .orphan, thing: thing, resource: nil, attempt: nil)
    }
    // Its create or its lookups are under way: they decide.
    if attempt.status == .dispatched || attempt.status == .unknown { return nil }
    let kind: CloudFinding.Kind = machine.hasSettled(label) ? .late : .duplicate
    return Found(kind: kind, thing: thing, resource: machine.resource.id, attempt: label)
  }

  private func judge(_ thing: ListedThing, _ known: Kept, label: ULID?, listing: Listing) -> Found? {
    let found = { (kind: CloudFinding.Kind) in
      Found(kind: kind, thing: thing, resource: known.machine.resource.id, attempt: known.attempt.id)
    }
    switch known.object.fate {
    case .doomed, .ending: return nil
    case .foreign: return known.isAbandoned ? found(.foreign) : nil
    case .gone(let at): return at < listing.begunAt ? found(.late) : nil
    case .kept: break
    }
    // A create of another resource may have moved the address meanwhile; only what rests is compared.
    guard known.isHandedOver else { return nil }
    var drifted = found(.drifted)
    drifted.differences = known.differences(to: thing, label: label)
    return drifted.differences.isEmpty ? nil : drifted
  }

  /// Objects that were handed over, and that a listing begun later does not show; and those that an end left standing,
  /// because they did not carry our mark any more: no listing of ours shows them.
  func missing(_ seen: Set<String>, listing: Listing, policy: Policy) -> [Found] {
    objects.values.filter { !seen.contains($0.object.id) }.compactMap { known in
      let isLost = known.machine.resource.state == .lost && known.machine.resource.attempts.last == known.attempt.id
      guard isLost || known.isAbandoned || known.isMissable(by: listing, policy: policy) else { return nil }
      var thing = ListedThing(
        externalID: known.object.id, name: known.attempt.name, attemptLabel: known.attempt.id.description,
        resourceLabel: known.machine.resource.id.description, state: isLost ? .gone : .unknown)
      thing.ipv4 = known.object.ipv4
      thing.ipv6 = known.object.ipv6
      thing.type = known.attempt.resolved.type
      thing.location = known.attempt.resolved.location
      thing.createdAt = known.object.createdAt
      return Found(
        kind: known.isAbandoned ? .foreign : .lost, thing: thing, resource: known.machine.resource.id,
        attempt: known.attempt.id, isStanding: !isLost && !known.isAbandoned)
    }.sorted { $0.thing.externalID < $1.thing.externalID }
  }
}

extension SweepLedger.Kept {
  /// Whether it is the object of a resource that was handed over and that nobody is working on.
  fileprivate var isHandedOver: Bool {
    object.fate == .kept && machine.resource.state.isHandedOver && machine.resource.state.object?.id == object.id
      && machine.resource.goal != .absent && machine.resource.openOperation == nil
  }

  /// Whether an end left it alone because it carried our mark no more; what was released was let go on purpose.
  fileprivate var isAbandoned: Bool { object.fate == .foreign && machine.resource.state != .released }

  /// Whether a listing should have shown it: it was old enough to be seen when the listing began.
  fileprivate func isMissable(by listing: Listing, policy: Policy) -> Bool {
    isHandedOver && listing.begunAt >= object.seenAt + max(policy.youngGrace, attempt.settleMs)
  }

  /// What is not as it was handed over. What the cloud does not tell is not compared.
  fileprivate func differences(to thing: ListedThing, label: ULID?) -> [CloudFinding.Difference] {
    var list: [CloudFinding.Difference] = []
    func compare(_ property: String, _ expected: String?, _ found: String?) {
      guard let expected, let found, expected != found else { return }
      list.append(CloudFinding.Difference(property: property, expected: expected, found: found))
    }
    compare("name", attempt.name, thing.name)
    compare("size", attempt.resolved.type, thing.type)
    compare("labels", "attempt \(attempt.id)", label.map { "attempt \($0)" } ?? "no attempt")
    if let owner = thing.resourceLabel {
      compare("labels", "resource \(machine.resource.id)", "resource \(ULID(owner)?.description ?? owner)")
    }
    compare("address", object.firstIPv4 ?? object.ipv4, thing.ipv4)
    compare("address", object.firstIPv6 ?? object.ipv6, thing.ipv6)
    compare("protection", "off", thing.isProtected ? "on" : "off")
    return list
  }
}
