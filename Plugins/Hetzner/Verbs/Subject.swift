import PluginKit
import PluginMessages

/// One entry of a poll on its way to its result: decisions only, the requests are `Look`'s.
struct Subject {
  let entry: PollEntry
  let cookie: Cookie
  /// The server's id; nil when it is to be looked up by name.
  let server: Int64?
  private let pace: Pace
  /// Set once the entry is decided.
  var result: PollResult?
  /// What an action that failed left to say about the server, which must be looked at now.
  private var note: String?
  /// The cookie that replaces the entry's, when a look at the server decides.
  private var nextCookie: Cookie?

  init(_ entry: PollEntry, _ pace: Pace) {
    self.entry = entry
    self.pace = pace
    cookie = Cookie(reading: entry.cookie)
    guard let externalId = entry.externalId else {
      server = nil
      return
    }
    do {
      server = try HetznerAPI.id(externalId)
    } catch {
      server = nil
      result = entry.failed(error)
    }
  }

  /// Whether it still needs a result.
  var isOpen: Bool { result == nil }
  /// Whether it is looked up by name.
  var isNameless: Bool { isOpen && entry.externalId == nil }
  private var expectsAbsent: Bool { entry.expect == "absent" }

  /// Whether its actions, if they are done, decide it: those of a delete when it shall be gone, those of
  /// anything else when it shall be there.
  var waitsForActions: Bool {
    guard isOpen, server != nil, !cookie.actions.isEmpty, let phase = cookie.phase else { return false }
    return (phase == .delete) == expectsAbsent
  }

  // MARK: By actions

  /// Decides by the actions that Hetzner returned. One that it did not return leaves the entry open.
  mutating func judge(_ known: [Int64: Action]) {
    guard let server, let phase = cookie.phase else { return }
    let actions = cookie.actions.compactMap { known[$0] }
    if let failure = actions.first(where: \.failed) {
      if phase == .create {
        decide(.failed, error: failure.reason)
      } else {
        leaveOpen(note: failure.reason)
      }
    } else if actions.count < cookie.actions.count {
      leaveOpen(note: nil)
    } else if !actions.allSatisfy(\.succeeded) {
      decide(phase.before, pollAfterMs: pace.outstanding)
    } else if phase == .delete {
      if actions.contains(where: { $0.provesDeletion(of: server) }) {
        decide(.gone)
      } else {
        leaveOpen(note: nil)
      }
    } else if cookie.addresses == Addresses() {
      leaveOpen(note: nil)
    } else {
      decide(phase == .stop ? .stopped : .running, pollAfterMs: pace.resting, cookie: Cookie(key: cookie.key))
    }
  }

  private mutating func leaveOpen(note: String?) {
    self.note = note
    nextCookie = Cookie(key: cookie.key)
  }

  private mutating func decide(
    _ state: ObjectState, error: String? = nil, pollAfterMs: Int64? = nil, cookie next: Cookie? = nil
  ) {
    guard let externalId = entry.externalId else { return }
    let gone = state == .gone
    let observation = ObjectObservation(
      externalId: externalId, state: state, createdAt: gone ? nil : cookie.created,
      addresses: gone ? Addresses() : cookie.addresses, error: error)
    result = PollResult(
      attemptId: entry.attemptId, observations: [observation], scope: .byID, allPagesRead: true,
      cookie: next.flatMap { try? $0.text() }, pollAfterMs: pollAfterMs)
  }

  // MARK: By the server itself

  /// Decides by the answer to a GET of the server's id; nil is the cloud's 404.
  mutating func judge(byID found: Server?) {
    guard let externalId = entry.externalId else { return }
    guard let found else {
      // A server that a failed create left behind nothing of has failed; the note says why.
      let gone = ObjectObservation(externalId: externalId, state: .gone, error: note)
      result = PollResult(attemptId: entry.attemptId, observations: [gone], scope: .byID, allPagesRead: true)
      return
    }
    result = seen([found], .byID, complete: true)
  }

  /// Decides by a listing of exactly this name.
  mutating func judgeNamed(_ found: Listing<Server>) {
    let named = found.items.values.filter { $0.name == entry.name }
    result = foreign(among: named) ?? seen(named, .byName, complete: found.isComplete)
  }

  /// Decides by a listing of this installation's servers: every one with the id, the label or the name.
  ///
  /// An entry with an id that the listing does not show stays open: only a GET by id proves it gone.
  mutating func judge(_ listing: Listing<Server>, _ byAttempt: [String: [Server]], _ byName: [String: [Server]]) {
    var matches: [Int64: Server] = [:]
    for match in byAttempt[entry.attemptId] ?? [] { matches[match.id] = match }
    if let server {
      guard let shown = listing.items[server] else { return }
      matches[server] = shown
    } else if let taken = foreign(among: byName[entry.name] ?? []) {
      result = taken
      return
    }
    result = seen(matches.values.sorted { $0.id < $1.id }, .listing, complete: listing.isComplete)
  }

  /// The failure that a server of our name without our label is.
  private func foreign(among named: [Server]) -> PollResult? {
    guard let other = named.first(where: { !$0.belongs(to: entry.attemptId) }) else { return nil }
    return entry.failed(
      CloudFailure(
        .nameTaken,
        "server \(other.id) is named \(entry.name) and is not ours: it does not carry label "
          + "\(Labels.attempt)=\(entry.attemptId)",
        remedy: "look at server \(other.id) at Hetzner; nothing was done to it", mayExist: false))
  }

  private func seen(_ servers: [Server], _ scope: ObservationScope, complete: Bool) -> PollResult {
    let busy = servers.contains { $0.state == .pending } || (expectsAbsent && !servers.isEmpty)
    return PollResult(
      attemptId: entry.attemptId, observations: servers.map { $0.observation(error: note) }, scope: scope,
      allPagesRead: complete, cookie: nextCookie.flatMap { try? $0.text() },
      pollAfterMs: busy ? pace.outstanding : servers.isEmpty ? nil : pace.resting)
  }
}
