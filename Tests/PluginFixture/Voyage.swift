package import CloudSim
package import PluginKit
package import PluginMessages

/// One machine on its way through a plugin, as a host drives it.
package struct Voyage {
  /// The attempt's id.
  package let attempt: String
  /// The machine's id, once it is known.
  package var externalId: String?
  /// What the plugin left.
  package var cookie: String?
  /// `present` or `absent`.
  package var expect = "present"
  /// When the next look is worth it, milliseconds since 1970.
  package var dueMs: Int64 = 0
  /// When the create was answered, milliseconds since 1970.
  package var createdMs: Int64 = 0
  private let placement: PlacementSpec

  /// The account of every voyage.
  package static let account = AccountContext(id: "acc", installationId: "inst")
  /// The installation's key.
  package static let key =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIHTE5d5LOW0mPBrzb8vJSkuOOp0eDBNGLD1OxvtXKWC installation"

  /// The n-th one.
  package init(_ number: Int, _ placement: PlacementSpec) {
    attempt = "01J0000000000000000000" + String(1_000 + number)
    self.placement = placement
  }

  /// The machine's name.
  package var name: String { "slip-" + attempt.lowercased() }

  /// As poll is asked for it.
  package var entry: PollEntry {
    PollEntry(attemptId: attempt, name: name, externalId: externalId, expect: expect, cookie: cookie)
  }

  /// Validates, prepares and provisions; the reply.
  @discardableResult
  package mutating func embark(
    _ plugin: some Provisioner, _ sim: some CallServices
  ) throws(CloudFailure) -> ProvisionReply {
    let call = Call(sim)
    let held = try plugin.validate(ValidateRequest(account: Self.account, placements: [placement]), call)
    let ready = try plugin.prepare(
      PrepareRequest(account: Self.account, placement: placement, installationKey: Self.key), call)
    let reply = try plugin.provision(
      ProvisionRequest(
        account: Self.account, attemptId: attempt, operationId: attempt, resourceId: attempt, name: name,
        placement: placement, imageId: held.placements.first?.imageId ?? "", architecture: "x86_64",
        sshPublicKeys: [Self.key], userData: "#cloud-config\n{}", cookie: ready.cookie), call)
    (externalId, cookie, createdMs) = (reply.externalId, reply.cookie, sim.nowMs)
    dueMs = sim.nowMs + (reply.pollAfterMs ?? 0)
    return reply
  }

  /// Terminates.
  package mutating func land(_ plugin: some Provisioner, _ sim: some CallServices) throws(CloudFailure) {
    expect = "absent"
    let reply = try plugin.terminate(
      TerminateRequest(
        account: Self.account, attemptId: attempt, name: name, externalId: externalId ?? "", cookie: cookie),
      Call(sim))
    cookie = reply.cookie ?? cookie
    dueMs = sim.nowMs + (reply.pollAfterMs ?? 0)
  }

  /// Takes a poll's result.
  package mutating func take(_ result: PollResult, at nowMs: Int64) {
    cookie = result.cookie ?? cookie
    dueMs = nowMs + (result.pollAfterMs ?? 2_000)
  }

  /// Polls, going to each due time, until its only observation has that state.
  package mutating func wait<Cloud: SimulatedCloud>(
    for state: ObjectState, _ plugin: some Provisioner, _ sim: SimulatedCall<Cloud>
  ) throws(CloudFailure) -> ObjectObservation {
    for _ in 1...100 {
      sim.nowMs = max(sim.nowMs, dueMs)
      let reply = try plugin.poll(PollRequest(account: Self.account, entries: [entry]), sim.call)
      guard let result = reply.results.first else { break }
      take(result, at: sim.nowMs)
      if let seen = result.observations.first, seen.state == state { return seen }
    }
    throw CloudFailure(.internal, "never \(state.rawValue)")
  }
}
