import Core
import Model

// What looks at the cloud show, and what they hide.
extension World {
  mutating func look(_ number: UInt64) {
    guard let (account, entries) = looks[number] else { return }
    if clouds != nil { return errands.append(.look(number)) }
    if cloud.token(of: account) == .revoked {
      return told(number, .failed(Failure(.unauthenticated, "revoked")))
    }
    if chance(.lookFails) { return told(number, .failed(Failure(.unavailable, "503"))) }
    // What is listed may be older than what is asked for by id.
    let listedAt = chance(.staleLook) ? now + -1_500 : now
    var isComplete = true
    if chance(.lookIncomplete) { isComplete = false }
    var observations = entries.map { observe($0, on: account, isComplete: isComplete, listedAt: listedAt) }
    rules.saw(observations, number, token: cloud.token(of: account))
    if liars.contains(account), faults.rate(.pluginLies) > 0, random.next() % 4 == 0 {
      lie(&observations, entries, on: account)
    }
    if chance(.shuffled) {
      observations.shuffle(using: &random)
      if random.next() % 2 == 0 { observations.removeLast(observations.isEmpty ? 0 : 1) }
    }
    told(number, .seen(observations, requests: 1 + Int(random.next() % 2)))
  }

  mutating func told(_ number: UInt64, _ result: LookResult) {
    agenda.plan(.looked(boot: boots, number, result), at: now + delay(chance(.slowLook) ? 6_000 : 500))
  }

  private mutating func observe(
    _ entry: LookEntry, on account: String, isComplete: Bool, listedAt: Instant
  ) -> Observation {
    let id = entry.attempt.id
    var seen: [ObservedObject] = []
    if let object = entry.object {
      let found = cloud.find(object, in: account, at: now)
      seen.append(
        found.map { show($0, at: now) } ?? ObservedObject(externalID: object, state: .gone))
    }
    var listed = cloud.named(id, in: account, at: listedAt).filter { $0.id != entry.object && $0.bornAt <= listedAt }
    if listedAt < now {
      // One that was deleted a moment ago is listed still.
      listed += cloud.objects.filter {
        $0.attempt == id && $0.account == account && $0.id != entry.object && $0.visibleAt <= listedAt
          && ($0.deletedAt.map { $0 > listedAt } ?? false)
      }
    }
    // A page that shifts skips an entry; its totals then disagree, and the plugin says so.
    if !isComplete, random.next() % 2 == 0 { listed = Array(listed.dropFirst()) }
    seen += listed.map { show($0, at: listedAt) }
    if let first = seen.first, chance(.entryTwice) { seen.append(first) }
    var observation = Observation(
      attempt: id, objects: seen, scope: entry.object == nil ? .byName : .byID, complete: isComplete,
      begunAt: hostNow, mutations: 0, identityHolds: true)
    observation.cookie = cookies[id].map { "\($0)" }
    return observation
  }

  private func show(_ object: AbstractObject, at time: Instant) -> ObservedObject {
    var state = object.state(at: time)
    if let deletedAt = object.deletedAt, deletedAt > time { state = .running }
    return ObservedObject(externalID: object.id, state: state, ipv4: "192.0.2.1")
  }

  /// A wrong gone, or the entries of a batch swapped.
  private mutating func lie(_ observations: inout [Observation], _ entries: [LookEntry], on account: String) {
    tally.faults[.pluginLies, default: 0] += 1
    if observations.count > 1, random.next() % 2 == 0 {
      tell("plugin of \(account) swaps two entries")
      (observations[0].attempt, observations[1].attempt) = (observations[1].attempt, observations[0].attempt)
    } else if let object = entries.first?.object {
      tell("plugin of \(account) says that \(object) is gone")
      observations[0].objects = [ObservedObject(externalID: object, state: .gone)]
    }
  }

  mutating func looked(_ number: UInt64, _ result: LookResult) {
    guard let (account, entries) = looks.removeValue(forKey: number) else { return }
    switch result {
    case .failed: for entry in entries { cover(entry.resource, "look failed") }
    case .seen(let observations, _):
      rules.looked(observations, number, on: account)
      for observation in observations {
        guard let entry = entries.first(where: { $0.attempt.id == observation.attempt }) else { continue }
        cover(entry.resource, "look shows \(observation.word(entry))")
      }
    }
    pump(.looked(number, result))
  }
}

extension Observation {
  /// What it shows, in a word.
  func word(_ entry: LookEntry) -> String {
    let known = Set(entry.attempt.objects.map(\.id))
    if objects.contains(where: { !known.contains($0.externalID) && $0.state != .gone }) { return "a new object" }
    if let id = entry.object, let seen = objects.first(where: { $0.externalID == id }) { return seen.state.rawValue }
    return complete ? "nothing" : "nothing, incompletely"
  }
}
