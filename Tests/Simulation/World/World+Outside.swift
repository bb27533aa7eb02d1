import Core
import Model

// Errands to clouds outside, and what the world knows of those.
extension World {
  /// Runs to the end; errands are run as they come up. Throws the first broken rule.
  package mutating func run(over clouds: any OutsideClouds) async throws(Violation) -> Tally {
    while advance() {
      while let errand = errands.first {
        errands.removeFirst()
        await run(errand, over: clouds)
      }
      try check()
      if engine != nil, now >= pausedUntil { mayDie() }
    }
    try checkEnd()
    return tally
  }

  /// Faults that real plugins and the simulators have no counterpart for.
  package static let onlyAbstract: Set<Fault> = [
    .pluginLies, .shuffled, .entryTwice, .objectRelabelled, .objectIncomplete, .objectStops, .lookIncomplete,
    .listIncomplete,
  ]

  private mutating func run(_ task: Task, over clouds: any OutsideClouds) async {
    let errand: Errand
    let account: String
    switch task {
    case .call(let call):
      account = call.account
      errand = .effect(call.effect, call.resource, call.attempt, account: account)
    case .look(let number):
      guard let look = looks[number] else { return }
      account = look.account
      errand = .look(look.entries, account: account)
    case .list(let swept):
      account = swept
      errand = .list(account: account)
    }
    var weather = Weather(
      now: now, hostNow: hostNow, token: cloud.token(of: account), faults: faults,
      random: Randomness(seed: random.next()))
    let end = await clouds.perform(errand, &weather)
    faults = weather.faults
    tally.faults.merge(weather.hits, uniquingKeysWith: +)
    for line in weather.lines { tell("  \(line)") }
    for held in end.held { agenda.plan(.held(held.number), at: now + held.after) }
    mirror()
    switch task {
    case .call(let call): ended(call, end)
    case .look(let number):
      guard let result = end.look else { return }
      if case .seen(let observations, _) = result { rules.saw(observations, number, token: weather.token) }
      told(number, result)
    case .list:
      guard let listing = end.listing else { return tell("  list of \(account) fails") }
      if listing.isComplete, weather.token != .stranger {
        let shown = Set(listing.things.map(\.externalID))
        rules.listed(cloud.objects.filter { $0.account == account && shown.contains($0.id) }, at: now)
      }
      listed(account, listing)
    }
  }

  private mutating func ended(_ call: Call, _ end: ErrandEnd) {
    switch call.effect.kind {
    case .provision(let id):
      if end.hasLeft { rules.left(id, now: now) } else { rules.neverLeft(id) }
    case .power(_, let object, .reboot) where end.wasCarriedOut:
      cloud.change(object, in: call.account) { $0.rebootedAt = now }
    default: break
    }
    calls[call.number]?.isSilent = !end.hasLeft
    guard let result = end.result else { return }
    tell("  \(call.effect.kind.name): \(result.word)\(result.text)")
    reply(call, result, after: end.isLost ? delay(10_000) : delay(900))
  }

  /// Takes over what is in the clouds now.
  mutating func mirror() {
    guard let clouds else { return }
    for seen in clouds.objects(at: now) {
      guard cloud.mirror(seen, at: now) else { continue }
      guard let attempt = seen.attempt else { continue }
      tally.creates += 1
      tell("cloud makes \(seen.account)/\(seen.id) for \(attempt)\(seen.isExcused ? ", late or again" : "")")
      if chance(.objectVanishes) {
        let after = random.next() % 2 == 0 ? delay(20_000) : delay(400_000)
        agenda.plan(.delete(object: seen.id, account: seen.account), at: now + after)
      }
    }
  }
}

extension EffectResult {
  /// What went wrong, with a space before it; nothing where nothing did.
  fileprivate var text: String {
    switch self {
    case .refused(let failure), .notSent(let failure), .unknown(let failure, _):
      " (\(failure.code.rawValue): \(failure.message))"
    default: ""
    }
  }
}

extension AbstractCloud {
  /// Takes over an object that stands elsewhere; true where it is new.
  mutating func mirror(_ seen: OutsideObject, at now: Instant) -> Bool {
    let place = place(of: seen.id, in: seen.account)
    let isNew = place == nil
    var object =
      place.map { objects[$0] }
      ?? AbstractObject(
        id: seen.id, account: seen.account, attempt: seen.attempt, bornAt: seen.bornAt,
        // Until then the cloud may hide it, by a fault and by a listing that lags behind.
        visibleAt: seen.bornAt + 20_000, runsAt: Instant(ms: .max / 2))
    if seen.isExcused { object.isExcused = true }
    if object.deletedAt == nil { object.deletedAt = seen.deletedAt }
    if object.runsAt > now, seen.standing != .coming { object.runsAt = now }
    switch seen.standing {
    case .stopped where !object.stops: (object.stops, object.stoppedAt) = (true, now)
    case .running where object.stops: (object.stops, object.startedAt) = (false, now)
    default: break
    }
    put(object, at: place)
    return isNew
  }
}
