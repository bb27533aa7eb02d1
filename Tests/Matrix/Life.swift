import Foundation
import PluginKit
import PluginMessages

/// One machine on its way through a plugin, as a host drives it.
struct Life {
  let attempt: String
  var externalId: String?
  var cookie: String?
  var expect = "present"

  static let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIHTE5d5LOW0mPBrzb8vJSkuOOp0eDBNGLD1OxvtXKWC installation"

  /// The n-th one of a test; tests run at the same time on the same engine, so no other has its name.
  init(_ number: Int) {
    let unique = UUID().uuidString.filter { $0 != "-" }.prefix(19)
    attempt = "01J\(1_000 + number)\(unique)"
  }

  var name: String { "slipway-\(attempt.lowercased())" }

  var entry: PollEntry {
    PollEntry(attemptId: attempt, name: name, externalId: externalId, expect: expect, cookie: cookie)
  }

  /// Validates, prepares and sends the create; the failure it met.
  mutating func begin(_ cloud: any CloudUnderTest) -> CloudFailure? {
    do throws(CloudFailure) {
      let held = try cloud.plugin.validate(
        ValidateRequest(account: cloud.account, placements: [cloud.sold]), cloud.call)
      let ready = try cloud.plugin.prepare(
        PrepareRequest(account: cloud.account, placement: cloud.sold, installationKey: Self.key), cloud.call)
      cookie = ready.cookie
      return try create(cloud, held.placements.first)
    } catch { return error }
  }

  private mutating func create(
    _ cloud: any CloudUnderTest, _ held: ValidatedPlacement?
  ) throws(CloudFailure) -> CloudFailure? {
    let reply = try cloud.plugin.provision(
      ProvisionRequest(
        account: cloud.account, attemptId: attempt, operationId: attempt, resourceId: attempt, name: name,
        placement: cloud.sold, imageId: held?.imageId ?? "", architecture: held?.architecture ?? "",
        sshPublicKeys: [Self.key], userData: #"#cloud-config\#n{}"#, cookie: cookie, externalId: externalId),
      cloud.call)
    (externalId, cookie) = (reply.externalId, reply.cookie ?? cookie)
    return nil
  }

  /// Looks once.
  mutating func look(_ cloud: any CloudUnderTest) throws(CloudFailure) -> PollResult {
    let reply = try cloud.plugin.poll(PollRequest(account: cloud.account, entries: [entry]), cloud.call)
    guard reply.results.count == 1, let result = reply.results.first, result.attemptId == attempt else {
      throw CloudFailure(.internal, "one entry was asked for, \(reply.results.count) came")
    }
    cookie = result.cookie ?? cookie
    return result
  }

  /// Looks until its machine has that state; what was seen. A machine that is incomplete is finished.
  mutating func wait(for state: ObjectState, _ cloud: any CloudUnderTest) throws -> ObjectObservation {
    var last: PollResult?
    for _ in 1...200 {
      let result = try look(cloud)
      last = result
      if let seen = result.observations.first {
        if seen.state == state { return seen }
        if seen.state == .incomplete {
          externalId = seen.externalId
          if let failure = begin(cloud) { throw failure }
        }
      }
      try cloud.pass(ms: result.pollAfterMs ?? 2_000)
    }
    throw MatrixError("never \(state.rawValue); last seen: \(last as Any)")
  }

  /// Terminates once; what the plugin says.
  mutating func end(_ cloud: any CloudUnderTest, _ id: String? = nil) throws(CloudFailure) -> String {
    expect = "absent"
    let reply = try cloud.plugin.terminate(
      TerminateRequest(
        account: cloud.account, attemptId: attempt, name: name, externalId: id ?? externalId ?? "", cookie: cookie),
      cloud.call)
    cookie = reply.cookie ?? cookie
    return reply.state
  }

  /// Terminates until it is accepted, whatever is locked meanwhile.
  mutating func endPatiently(_ cloud: any CloudUnderTest, _ id: String? = nil) throws -> String {
    for _ in 1...100 {
      do { return try end(cloud, id) } catch {
        guard error.code == .busy else { throw error }
        try cloud.pass(ms: 5_000)
      }
    }
    throw MatrixError("busy for ever")
  }
}

/// The failure of something that must fail.
func failure<Reply>(_ body: () throws(CloudFailure) -> Reply) -> CloudFailure? {
  do {
    _ = try body()
    return nil
  } catch {
    return error
  }
}
