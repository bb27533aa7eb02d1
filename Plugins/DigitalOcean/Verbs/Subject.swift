import PluginKit
import PluginMessages

/// One entry of a poll on its way to its result: decisions only, the requests are `Look`'s.
struct Subject {
  let entry: PollEntry
  let cookie: Cookie
  /// The droplet's id; nil when it is to be looked up by name.
  let droplet: Int64?
  private let pace: Pace
  /// Set once the entry is decided.
  private(set) var result: PollResult?
  /// The create action, once it was read.
  private(set) var create: Action?
  /// What an action that failed left to say about the droplet, which must be looked at now.
  private var note: String?

  init(_ entry: PollEntry, _ pace: Pace) {
    self.entry = entry
    self.pace = pace
    cookie = Cookie(reading: entry.cookie)
    guard let externalId = entry.externalId else {
      droplet = nil
      return
    }
    do {
      droplet = try DigitalOceanAPI.id(externalId)
    } catch {
      droplet = nil
      result = entry.failed(error)
    }
  }

  /// Whether it still needs a result.
  var isOpen: Bool { result == nil }
  /// Whether it is looked up by name.
  var isNameless: Bool { isOpen && entry.externalId == nil }
  /// Whether it is expected to be gone.
  var expectsAbsent: Bool { entry.expect == "absent" }
  /// Whether a droplet of it may be in the ordinary listing, and in that of the GPU droplets.
  var mayBeOrdinary: Bool { cookie.gpu != true }
  var mayBeGPU: Bool { cookie.gpu != false }
  /// Whether an action of its droplet's could tell how far it is.
  var waitsForAction: Bool { isOpen && droplet != nil && (expectsAbsent || cookie.create != nil) }

  /// Takes a failure of its own.
  mutating func fail(_ failure: CloudFailure) { result = entry.failed(failure) }

  // MARK: By actions

  /// Decides by actions of the account: the one that makes the droplet, the one that destroys it.
  ///
  /// A create that is done leaves the entry open: only the droplet tells its address.
  mutating func judge(create made: Action?, destroy: Action?) {
    guard isOpen, droplet != nil else { return }
    if expectsAbsent {
      guard let destroy else { return }
      if destroy.succeeded { return decide(.gone) }
      if !destroy.failed { return decide(.pending, pollAfterMs: pace.deleted) }
      note = destroy.reason
    } else if let made {
      create = made
      if made.failed { return decide(.failed, error: made.reason) }
      if !made.succeeded { decide(.pending, pollAfterMs: pace.outstanding) }
    }
  }

  private mutating func decide(_ state: ObjectState, error: String? = nil, pollAfterMs: Int64? = nil) {
    guard let externalId = entry.externalId else { return }
    result = PollResult(
      attemptId: entry.attemptId,
      observations: [ObjectObservation(externalId: externalId, state: state, error: error)], scope: .byID,
      allPagesRead: true, pollAfterMs: pollAfterMs)
  }

  // MARK: By the droplet itself

  /// Seconds after which a droplet that is still being made is suspected of never getting done.
  private static let slow: Int64 = 120

  /// Whether only the create action can say what that answer to a GET of the droplet's id means: a droplet
  /// that is not shown yet, or was removed because it could not be placed, or takes very long.
  func needsAction(_ found: Droplet?, nowMs: Int64) -> Int64? {
    guard isOpen, !expectsAbsent, create == nil, let action = cookie.create else { return nil }
    guard let found else { return action }
    guard found.status == "new", let since = found.created.flatMap(Instant.seconds) else { return nil }
    return nowMs / 1_000 - since > Self.slow ? action : nil
  }

  /// Decides by the answer to a GET of the droplet's id; nil is the cloud's 404.
  mutating func judge(byID found: Droplet?, create action: Action?) {
    if let action { judge(create: action, destroy: nil) }
    guard isOpen else { return }
    guard let found else { return decide(.gone, error: note) }
    result = seen([found], .byID, complete: true)
  }

  /// Decides by listings of exactly this name: EVERY droplet of ours in them.
  ///
  /// A droplet of our name that is not ours is told, and absence not claimed.
  mutating func judgeNamed(_ found: [Droplet], complete: Bool) {
    let named = found.filter { $0.name.lowercased() == entry.name.lowercased() }
    let ours = named.filter(isOurs)
    if ours.isEmpty, let other = named.min(by: { $0.id < $1.id }) {
      fail(DigitalOceanAPI.foreign(other.id, entry.attemptId))
    } else {
      result = seen(ours, .byName, complete: complete)
    }
  }

  /// Decides by listings that were read: every droplet with the id, the tag or the name.
  ///
  /// Stays open where they do not show what is looked for: only a GET by id proves a droplet gone, and only
  /// complete listings of all droplets, or of its name, that an attempt has none.
  mutating func judge(_ shown: ShownDroplets) {
    guard isOpen else { return }
    var matches = shown.byAttempt[entry.attemptId.lowercased()] ?? []
    let named = shown.byName[entry.name.lowercased()] ?? []
    for other in named where isOurs(other) && !matches.contains(where: { $0.id == other.id }) { matches.append(other) }
    let isComplete = shown.isComplete(for: self)
    if let droplet {
      guard let one = shown.byID[droplet] else { return }
      if !matches.contains(where: { $0.id == droplet }) { matches.append(one) }
    } else if matches.isEmpty {
      guard isComplete, shown.areAll else { return }
      if let other = named.first { return fail(DigitalOceanAPI.foreign(other.id, entry.attemptId)) }
    }
    result = seen(matches, .listing, complete: isComplete)
  }

  private func isOurs(_ other: Droplet) -> Bool {
    other.belongs(to: entry.attemptId, named: entry.name, nowMs: pace.nowMs)
  }

  private func seen(_ droplets: [Droplet], _ scope: ObservationScope, complete: Bool) -> PollResult {
    let observations = droplets.sorted { $0.id < $1.id }.map { $0.observation(error: note) }
    let isUp = observations.contains { $0.state == .running && $0.externalId == entry.externalId }
    let wait: Int64? =
      if observations.isEmpty { nil } else if expectsAbsent {
        pace.deleted
      } else if observations.contains(where: {
        $0.state == .pending
      }) { pace.outstanding } else { pace.resting }
    // Once it has come up, its create action has nothing more to tell.
    let next = isUp && cookie.create != nil ? try? Cookie(gpu: cookie.gpu).text() : nil
    return PollResult(
      attemptId: entry.attemptId, observations: observations, scope: scope, allPagesRead: complete, cookie: next,
      pollAfterMs: wait)
  }
}

/// Droplets that one or two listings show.
struct ShownDroplets {
  let byID: [Int64: Droplet]
  let byAttempt: [String: [Droplet]]
  let byName: [String: [Droplet]]
  /// Whether the listings were of all droplets of their kind, not of those with a tag.
  let areAll: Bool
  private let ordinary: Bool
  private let gpus: Bool

  /// Makes it from a listing of ordinary droplets, one of GPU droplets, or both.
  init(_ ordinary: Listing<Droplet>?, gpus: Listing<Droplet>?, areAll: Bool) {
    let all = (ordinary?.items ?? [:]).merging(gpus?.items ?? [:]) { shown, _ in shown }
    byID = all
    byAttempt = Dictionary(grouping: all.values) { Tags.machine(in: $0.tags)?.attempt.lowercased() ?? "" }
    byName = Dictionary(grouping: all.values) { $0.name.lowercased() }
    self.areAll = areAll
    self.ordinary = ordinary?.isComplete ?? false
    self.gpus = gpus?.isComplete ?? false
  }

  /// Whether every droplet that may be the entry's would have been shown.
  func isComplete(for subject: Subject) -> Bool {
    (ordinary || !subject.mayBeOrdinary) && (gpus || !subject.mayBeGPU)
  }
}
