public import PluginKit
public import PluginMessages

extension DockerProvisioner {
  /// Looks at a batch: one listing of this installation's containers, by label, running or not.
  ///
  /// What the listing does not show is asked for by id, which alone proves it gone; what ended is asked why. An absence
  /// counts where the pinned engine answered both before and after: the socket may lead to another one meanwhile.
  public func poll(_ request: PollRequest, _ call: Call) throws(CloudFailure) -> PollReply {
    var look = Look(request, engine(request.account, call), try EngineSettings(request.account))
    return try look.run()
  }
}

/// One look at a batch.
private struct Look {
  private let api: DockerAPI
  private let request: PollRequest
  private let settings: EngineSettings
  private var tally = LookTally()
  private var asked = 0

  /// Requests by id that one look makes; the entries that are left come with the next look.
  private static let mostByID = 40

  init(_ request: PollRequest, _ api: DockerAPI, _ settings: EngineSettings) {
    self.request = request
    self.api = api
    self.settings = settings
  }

  mutating func run() throws(CloudFailure) -> PollReply {
    try api.verify()
    var local: CloudFailure?
    let installation = request.account.installationId
    let listing = ask(&local) { api throws(CloudFailure) in try api.containers(installation) }
    guard let listing else {
      if let local { throw local }
      return try tally.reply(request.entries.map { ($0, nil) })
    }
    let sights = listing.items.map(\.sight)
    let byAttempt = Dictionary(grouping: sights) { $0.labels?[Labels.attempt] ?? "" }
    var results: [(entry: PollEntry, result: PollResult?)] = []
    for entry in request.entries {
      results.append((entry, judge(entry, sights, byAttempt, isComplete: listing.unreadable == 0)))
    }
    let isAnyAbsent = results.contains { _, result in
      result.map { $0.observations.isEmpty || $0.observations.contains { $0.state == .gone } } ?? false
    }
    if isAnyAbsent { try api.verify() }
    return try tally.reply(results)
  }

  /// One entry's result, or nil where the look ended before its turn.
  private mutating func judge(
    _ entry: PollEntry, _ sights: [Sight], _ byAttempt: [String: [Sight]], isComplete: Bool
  ) -> PollResult? {
    let matches = byAttempt[entry.attemptId] ?? []
    guard let id = entry.externalId else {
      if matches.isEmpty, let other = sights.first(where: { $0.name == entry.name }) {
        return entry.failed(DockerAPI.foreign(other.id, entry.attemptId))
      }
      return result(entry, matches, .listing, isComplete: isComplete)
    }
    if matches.contains(where: { $0.id == id }) { return result(entry, matches, .listing, isComplete: isComplete) }
    return judgeByID(entry, id, matches)
  }

  /// Asks for the id itself: only that proves it gone.
  private mutating func judgeByID(_ entry: PollEntry, _ id: String, _ matches: [Sight]) -> PollResult? {
    guard ContainerID.isWhole(id) else { return entry.failed(.noWholeID(id)) }
    guard asked < Self.mostByID else { return nil }
    asked += 1
    var local: CloudFailure?
    let found = ask(&local) { api throws(CloudFailure) in
      Found(container: try api.find("/containers/\(id)/json", as: Container.self))
    }
    guard let found else { return local.map(entry.failed) }
    guard let container = found.container else {
      var gone = PollResult(
        attemptId: entry.attemptId, observations: [ObjectObservation(externalId: id, state: .gone)], scope: .byID,
        allPagesRead: true)
      gone.observations += matches.map { observation($0, Cookie(.running), nil) }
      return gone
    }
    guard container.id == id, container.belongs(to: entry.attemptId) else {
      return entry.failed(DockerAPI.foreign(id, entry.attemptId))
    }
    return result(entry, [container.sight] + matches, .byID, isComplete: true)
  }

  private mutating func result(
    _ entry: PollEntry, _ matches: [Sight], _ scope: ObservationScope, isComplete: Bool
  ) -> PollResult? {
    let cookie = Cookie(reading: entry.cookie)
    var next = cookie
    var observations: [ObjectObservation] = []
    for match in matches {
      var reason: String?
      if match.state.isOver, entry.expect == "present", cookie.phase == .starting || cookie.phase == .running {
        guard let why = self.reason(of: match) else { return nil }
        reason = why
        if cookie.phase == .running || !isYoung(match) {
          api.call.log(.warning, "container \(match.id.prefix(12)): \(why)")
        }
      }
      observations.append(observation(match, cookie, reason))
      next = cookie.after(match, isYoung: isYoung(match))
    }
    let isMoving = observations.contains { $0.state == .pending || $0.state == .incomplete }
    return PollResult(
      attemptId: entry.attemptId, observations: observations, scope: scope, allPagesRead: isComplete,
      cookie: next == cookie ? nil : try? next.text(),
      pollAfterMs: isMoving || entry.expect == "absent" ? 1_000 : matches.isEmpty ? nil : Pace.steady)
  }

  /// Why a container ended; nil where the look has to end here.
  private mutating func reason(of sight: Sight) -> String? {
    guard asked < Self.mostByID else { return nil }
    asked += 1
    var local: CloudFailure?
    let id = sight.id
    let found = ask(&local) { api throws(CloudFailure) in
      Found(container: try api.find("/containers/\(id)/json", as: Container.self))
    }
    guard let found else { return local.map { "the container ended; why cannot be read: \($0.report.message)" } }
    return found.container?.reason ?? "the container ended and is gone"
  }

  private func observation(_ sight: Sight, _ cookie: Cookie, _ reason: String?) -> ObjectObservation {
    let (state, error) = sight.judged(isYoung(sight) ? cookie.phase : cookie.phase.settled, cookie.failure, reason)
    return ObjectObservation(
      externalId: sight.id, state: state, createdAt: sight.createdAt, addresses: settings.addresses,
      ssh: sight.sshPort.map { SSHEndpoint(host: settings.address, port: $0) }, error: error)
  }

  private mutating func ask<Value>(
    _ local: inout CloudFailure?, _ body: (DockerAPI) throws(CloudFailure) -> Value
  ) -> Value? {
    let api = api
    return tally.ask(api.call, local: &local) { () throws(CloudFailure) in try body(api) }
  }

  /// A container, or the engine's word that there is none.
  private struct Found { var container: Container? }
}

extension Look {
  /// Age until which the end of a container is the failure of its start, milliseconds: an SSH server that cannot run, or
  /// is too big for its memory, ends within it.
  private static let youth: Int64 = 120_000

  private func isYoung(_ sight: Sight) -> Bool {
    guard let created = sight.createdAt.flatMap(Instant.seconds) else { return false }
    return api.call.nowMs / 1_000 - created < Self.youth / 1_000
  }
}

extension Sight {
  /// The state as the host knows it, and why. What ends right after its start has failed; what ends later is stopped.
  func judged(_ phase: Cookie.Phase, _ failure: String?, _ reason: String?) -> (ObjectState, error: String?) {
    switch state {
    case .created: failure == nil ? (.incomplete, nil) : (.failed, failure)
    // Without the port nobody could reach it: port 22 of that address is another machine's.
    case .running where sshPort == nil && phase == .starting: (.pending, nil)
    case .running: (.running, nil)
    case .paused: (.stopped, nil)
    case .exited, .dead: (phase == .starting ? .failed : .stopped, reason)
    case .restarting: (phase == .starting ? .failed : .pending, reason)
    case .removing: (.pending, nil)
    case .unknown: (.unknown, nil)
    }
  }
}

extension Cookie {
  /// What to remember after a look.
  func after(_ sight: Sight, isYoung: Bool) -> Cookie {
    switch sight.state {
    case .running where phase != .starting || !isYoung: Cookie(.running)
    case .exited where phase == .running || (phase == .starting && !isYoung),
      .dead where phase == .running || (phase == .starting && !isYoung):
      Cookie(.ended)
    default: self
    }
  }
}

extension Cookie.Phase {
  /// The phase of a container that is not young any more.
  fileprivate var settled: Cookie.Phase { self == .starting ? .running : self }
}
