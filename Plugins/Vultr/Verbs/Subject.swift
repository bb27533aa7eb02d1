import PluginKit
import PluginMessages

/// One entry of a poll on its way to its result: decisions only, the requests are `Look`'s.
struct Subject {
  let entry: PollEntry
  /// The instance's id; nil when it is to be looked up by label.
  let instance: String?
  private let wantsIPv4: Bool?
  private let pace: Pace
  /// Set once the entry is decided.
  var result: PollResult?

  init(_ entry: PollEntry, _ pace: Pace) {
    self.entry = entry
    self.pace = pace
    wantsIPv4 = Cookie(reading: entry.cookie).ipv4
    guard let externalId = entry.externalId else {
      instance = nil
      return
    }
    do {
      instance = try VultrAPI.id(externalId)
    } catch {
      instance = nil
      result = entry.failed(error)
    }
  }

  /// Whether it still needs a result.
  var isOpen: Bool { result == nil }
  /// Whether it is looked up by label.
  var isNameless: Bool { isOpen && entry.externalId == nil }
  /// Whether it is expected to be gone.
  var expectsAbsent: Bool { entry.expect == "absent" }

  /// Decides by the answer to a GET of the instance's id; nil is the cloud's 404.
  mutating func judge(byID found: Instance?) {
    guard let externalId = entry.externalId else { return }
    guard let found else {
      let gone = ObjectObservation(externalId: externalId, state: .gone)
      result = PollResult(attemptId: entry.attemptId, observations: [gone], scope: .byID, allPagesRead: true)
      return
    }
    result = seen([found], .byID, complete: true)
  }

  /// Decides by a listing of exactly this label: EVERY instance of ours in it.
  ///
  /// An instance of our label without our tag is not ours, and yet nobody else would call one so: as long
  /// as it is the only one, absence is not claimed.
  mutating func judgeLabelled(_ found: Listing<Instance>) {
    let labelled = found.items.values.filter { $0.label == entry.name }
    let ours = labelled.filter { $0.belongs(to: entry.attemptId) }
    if ours.isEmpty, let other = labelled.min(by: { $0.id < $1.id }) {
      result = entry.failed(VultrAPI.foreign(other.id, entry.attemptId))
    } else {
      result = seen(ours, .byName, complete: found.isComplete)
    }
  }

  /// Decides by a listing of this installation's instances: every one with the id or the tag.
  ///
  /// Stays open where the listing does not show what is looked for: only a GET by id proves an instance
  /// gone, and only a complete listing that an attempt has none.
  mutating func judge(_ listing: Listing<Instance>, _ byAttempt: [String: [Instance]]) {
    var matches = byAttempt[entry.attemptId] ?? []
    if let instance {
      guard let shown = listing.items[instance] else { return }
      if !matches.contains(where: { $0.id == instance }) { matches.append(shown) }
    } else if matches.isEmpty, !listing.isComplete {
      return
    }
    result = seen(matches, .listing, complete: listing.isComplete)
  }

  private func seen(_ instances: [Instance], _ scope: ObservationScope, complete: Bool) -> PollResult {
    let observations = instances.sorted { $0.id < $1.id }.map { $0.observation(wantsIPv4: wantsIPv4) }
    let isBusy = observations.contains { $0.state == .pending } || (expectsAbsent && !observations.isEmpty)
    return PollResult(
      attemptId: entry.attemptId, observations: observations, scope: scope, allPagesRead: complete,
      pollAfterMs: isBusy ? pace.outstanding : observations.isEmpty ? nil : pace.resting)
  }
}
