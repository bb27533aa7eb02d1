import EngineFixture
import CloudTable
import PluginKit
import PluginMessages
import Testing

/// The same scenarios on every cloud.
@Suite(.onThreads, .dockerEngine) struct MatrixTests {
  @Test(arguments: TestedCloud.all)
  func `What is sold is resolved whole`(tested: TestedCloud) throws {
    let cloud = try tested.made()
    let reply = try cloud.plugin.validate(
      ValidateRequest(account: cloud.account, placements: [cloud.sold]), cloud.call)
    let held = try #require(reply.placements.first)
    #expect(reply.placements.count == 1 && held.index == 0 && held.type == cloud.sold.type)
    #expect(held.vcpu > 0 && held.memoryMb > 0 && held.diskGb >= 0 && !held.imageId.isEmpty)
    #expect(["x86_64", "arm64"].contains(held.architecture))
    #expect(cloud.standing.isEmpty)
  }

  @Test(arguments: TestedCloud.all)
  func `What is not sold is refused with what would be allowed`(tested: TestedCloud) throws {
    let cloud = try tested.made()
    #expect(!cloud.wrong.isEmpty)
    for placement in cloud.wrong {
      let refused = failure { () throws(CloudFailure) in
        try cloud.plugin.validate(ValidateRequest(account: cloud.account, placements: [placement]), cloud.call)
      }
      #expect(refused?.code == .invalidSpec, "\(placement)")
      let violation = try #require(refused?.report.violations?.first, "\(placement)")
      #expect(!violation.path.isEmpty && !violation.message.isEmpty && !violation.allowed.isEmpty, "\(violation)")
      #expect(refused?.report.mayExist == false)
    }
  }

  @Test(arguments: TestedCloud.all)
  func `The catalog holds what validate takes`(tested: TestedCloud) throws {
    let cloud = try tested.made()
    let catalog = try cloud.plugin.catalog(CatalogRequest(account: cloud.account), cloud.call)
    let type = try #require(catalog.types.first { $0.name == cloud.sold.type })
    #expect(type.offers.contains { $0.location == cloud.sold.location && $0.available })
    #expect(catalog.locations.contains { $0.name == cloud.sold.location })
    #expect(catalog.images.contains { $0.name == cloud.sold.image })
  }

  @Test(arguments: TestedCloud.all)
  func `A machine lives its whole life and leaves nothing`(tested: TestedCloud) throws {
    let cloud = try tested.made()
    var life = Life(1)
    #expect(life.begin(cloud) == nil)
    let running = try life.wait(for: .running, cloud)
    #expect(running.externalId == life.externalId)
    #expect(running.createdAt != nil)
    #expect(running.addresses.ipv4 != nil || running.addresses.ipv6 != nil || running.ssh?.host != nil)
    let list = try cloud.plugin.list(ListRequest(account: cloud.account), cloud.call)
    #expect(list.allPagesRead)
    #expect(list.objects.contains { $0.attemptId == life.attempt && $0.externalId == life.externalId })
    _ = try life.endPatiently(cloud)
    if !cloud.standing.isEmpty { _ = try life.wait(for: .gone, cloud) }
    #expect(cloud.standing.isEmpty)
  }

  @Test(arguments: TestedCloud.all)
  func `A batch of sixty with one bad entry answers each entry for itself`(tested: TestedCloud) throws {
    let cloud = try tested.made()
    var lives = (1...3).map(Life.init)
    for index in lives.indices {
      #expect(lives[index].begin(cloud) == nil)
      _ = try lives[index].wait(for: .running, cloud)
    }
    var standing = (4...50).map(Life.init)
    for index in standing.indices {
      standing[index].externalId = try cloud.plantTwin(of: standing[index].attempt, named: standing[index].name)
    }
    var bad = Life(59)
    bad.externalId = "no such id \u{7}"
    let others = (51...58).map(Life.init) + [bad, Life(60)]
    let entries = (lives + standing + others).map(\.entry).sorted { $0.attemptId.hashValue < $1.attemptId.hashValue }
    #expect(entries.count == 60)
    var results: [PollResult] = []
    let most = max(1, cloud.manifest.maxPollBatch)
    for start in stride(from: 0, to: entries.count, by: most) {
      let batch = Array(entries[start..<min(start + most, entries.count)])
      results += try cloud.plugin.poll(PollRequest(account: cloud.account, entries: batch), cloud.call).results
    }
    #expect(Set(results.map(\.attemptId)) == Set(entries.map(\.attemptId)) && results.count == 60)
    for life in lives {
      let seen = results.first { $0.attemptId == life.attempt }
      #expect(
        seen?.observations.map(\.externalId) == [life.externalId ?? ""] && seen?.observations.first?.state == .running)
    }
    for life in standing {
      let seen = results.first { $0.attemptId == life.attempt }
      #expect(seen?.observations.map(\.externalId) == [life.externalId ?? ""] && seen?.failure == nil, "\(seen as Any)")
    }
    let answer = try #require(results.first { $0.attemptId == bad.attempt })
    #expect(answer.failure != nil || answer.observations.allSatisfy { [.gone, .unknown].contains($0.state) })
    for life in others where life.externalId == nil {
      let seen = results.first { $0.attemptId == life.attempt }
      #expect(seen?.observations.isEmpty == true && seen?.failure == nil, "\(seen as Any)")
    }
    for life in lives {
      var life = life
      _ = try life.endPatiently(cloud)
    }
  }

  @Test(arguments: TestedCloud.all, [Misfortune.createAnswerLost, .createAnswered503, .createAnswerCut])
  func `A create whose answer is lost is found once, and adopted`(tested: TestedCloud, how: Misfortune) throws {
    let cloud = try tested.made()
    var life = Life(1)
    try cloud.befall(how)
    let failure = life.begin(cloud)
    let lost = try #require(failure)
    #expect(lost.code == .unknownOutcome && lost.report.mayExist != false, "\(lost)")
    #expect(cloud.standing.count == 1)
    var found: [ObjectObservation] = []
    for _ in 1...60 where found.isEmpty {
      try cloud.pass(ms: 2_000)
      found = try life.look(cloud).observations
    }
    #expect(found.map(\.externalId) == Array(cloud.standing))
    life.externalId = found.first?.externalId
    _ = try life.wait(for: .running, cloud)
    // Sent again with what is known, it makes nothing new.
    #expect(life.begin(cloud) == nil)
    #expect(cloud.standing == [life.externalId ?? ""])
    _ = try life.endPatiently(cloud)
  }

  @Test(arguments: TestedCloud.all)
  func `Two machines of one attempt are both seen, and each can be ended`(tested: TestedCloud) throws {
    let cloud = try tested.made()
    var life = Life(1)
    #expect(life.begin(cloud) == nil)
    _ = try life.wait(for: .running, cloud)
    let first = try #require(life.externalId)
    let twin = try cloud.plantTwin(of: life.attempt, named: life.name)
    life.externalId = nil
    #expect(Set(try life.look(cloud).observations.map(\.externalId)) == [first, twin])
    _ = try life.endPatiently(cloud, twin)
    (life.externalId, life.expect) = (twin, "absent")
    if cloud.standing.contains(twin) { _ = try life.wait(for: .gone, cloud) }
    #expect(cloud.standing == [first])
    _ = try life.endPatiently(cloud, first)
  }

  @Test(arguments: TestedCloud.all)
  func `Out of stock is no, and nothing is made`(tested: TestedCloud) throws {
    let cloud = try tested.made()
    var life = Life(1)
    try cloud.befall(.soldOut)
    let failure = life.begin(cloud)
    let refused = try #require(failure)
    #expect(refused.code == .noCapacity && refused.report.mayExist == false, "\(refused)")
    #expect(cloud.standing.isEmpty)
  }

  @Test(arguments: TestedCloud.all)
  func `Terminated twice is terminated`(tested: TestedCloud) throws {
    let cloud = try tested.made()
    var life = Life(1)
    #expect(life.begin(cloud) == nil)
    _ = try life.wait(for: .running, cloud)
    _ = try life.endPatiently(cloud)
    do { #expect(["gone", "terminating"].contains(try life.end(cloud))) } catch {
      #expect([.busy, .notFound].contains(error.code), "\(error)")
    }
    if !cloud.standing.isEmpty { _ = try life.wait(for: .gone, cloud) }
    do { #expect(try life.end(cloud) == "gone") } catch {
      #expect(error.code == .notFound, "\(error)")
    }
    #expect(cloud.standing.isEmpty)
  }

  @Test(arguments: TestedCloud.all)
  func `A machine of somebody else is not ended, and not listed as ours`(tested: TestedCloud) throws {
    let cloud = try tested.made()
    let foreign = try cloud.plantForeign(named: "somebody-else")
    var life = Life(1)
    let refused = failure { () throws(CloudFailure) in try life.end(cloud, foreign) }
    #expect(refused != nil)
    #expect(cloud.standing == [foreign])
    let list = try cloud.plugin.list(ListRequest(account: cloud.account), cloud.call)
    #expect(!list.objects.contains { $0.externalId == foreign })
  }

  @Test(arguments: TestedCloud.all)
  func `An attempt that was never made is not found, by a whole look`(tested: TestedCloud) throws {
    let cloud = try tested.made()
    _ = try cloud.plantForeign(named: "somebody-else")
    var life = Life(1)
    let result = try life.look(cloud)
    #expect(result.observations.isEmpty && result.failure == nil && result.allPagesRead)
  }

  @Test(arguments: TestedCloud.all)
  func `Too many requests wait, and nothing fails for good`(tested: TestedCloud) throws {
    let cloud = try tested.made()
    try cloud.befall(.rateLimited(seconds: 5))
    var life = Life(1)
    let failure = life.begin(cloud)
    let refused = try #require(failure)
    #expect(refused.code == .rateLimited && (refused.report.retryAfterMs ?? 0) > 0, "\(refused)")
    #expect(cloud.standing.isEmpty)
    for _ in 1...60 {
      try cloud.pass(ms: refused.report.retryAfterMs ?? 1_000)
      if life.begin(cloud) == nil { break }
    }
    #expect(cloud.standing.count == 1)
  }

  @Test(arguments: TestedCloud.all)
  func `A bad credential is told as such by every verb`(tested: TestedCloud) throws {
    let cloud = try tested.made(for: .badCredential)
    var life = Life(1)
    #expect(life.begin(cloud) == nil)
    _ = try life.wait(for: .running, cloud)
    try cloud.use(.wrong)
    let (plugin, account, call) = (cloud.plugin, cloud.account, cloud.call)
    let codes = [
      failure { () throws(CloudFailure) in try life.end(cloud) },
      failure { () throws(CloudFailure) in try plugin.list(ListRequest(account: account), call) },
      Life(2).copy { $0.begin(cloud) },
    ].map { $0?.code }
    #expect(codes == [.unauthenticated, .unauthenticated, .unauthenticated])
    let looked = failure { () throws(CloudFailure) in try life.look(cloud).failure }
    #expect(looked?.code == .unauthenticated)
    try cloud.use(.good)
    #expect(cloud.standing.count == 1)
  }

  @Test(arguments: TestedCloud.all)
  func `An account's identity stays what it is`(tested: TestedCloud) throws {
    let cloud = try tested.made()
    let first = try identity(cloud)
    #expect(first != nil)
    #expect(try identity(cloud) == first)
  }

  @Test(arguments: TestedCloud.all)
  func `A credential of another project has another identity`(tested: TestedCloud) throws {
    let cloud = try tested.made(for: .otherProject)
    let first = try identity(cloud)
    try cloud.use(.other)
    let second = try identity(cloud)
    #expect(second != nil && second != first)
  }

  private func identity(_ cloud: any CloudUnderTest) throws -> String? {
    func ask() throws(CloudFailure) -> String? {
      try cloud.plugin.selfTest(SelfTestRequest(account: cloud.account, installationKey: Life.key), cloud.call)
        .accountIdentity
    }
    if let known = try ask() { return known }
    _ = try cloud.plugin.prepare(
      PrepareRequest(account: cloud.account, placement: cloud.sold, installationKey: Life.key), cloud.call)
    return try ask()
  }

  @Test(arguments: TestedCloud.all)
  func `A listing from which machines vanish between pages does not claim to be whole and misses none that stand`(
    tested: TestedCloud
  ) throws {
    let cloud = try tested.made(for: .pages)
    var lives = (1...6).map(Life.init)
    for index in lives.indices {
      #expect(lives[index].begin(cloud) == nil)
      _ = try lives[index].wait(for: .running, cloud)
    }
    for number in 1...60 { _ = try cloud.plantForeign(named: "foreign-\(number)") }
    try cloud.befall(.deletedBetweenPages)
    let list = try cloud.plugin.list(ListRequest(account: cloud.account), cloud.call)
    let ours = Set(lives.compactMap(\.externalId)).intersection(cloud.standing)
    let listed = Set(list.objects.compactMap { $0.attemptId == nil ? nil : $0.externalId })
    #expect(!list.allPagesRead || ours.isSubset(of: listed), "\(ours) \(listed)")
  }

  @Test(arguments: TestedCloud.all)
  func `A machine that vanished behind our back is seen to be gone`(tested: TestedCloud) throws {
    let cloud = try tested.made()
    var life = Life(1)
    #expect(life.begin(cloud) == nil)
    _ = try life.wait(for: .running, cloud)
    try cloud.pass(ms: 300_000)
    try cloud.vanish(life.externalId ?? "")
    let seen = try life.wait(for: .gone, cloud)
    #expect(seen.externalId == life.externalId)
  }

  @Test(arguments: TestedCloud.all)
  func `An answer that is no JSON is never taken for absence`(tested: TestedCloud) throws {
    let cloud = try tested.made()
    var life = Life(1)
    #expect(life.begin(cloud) == nil)
    _ = try life.wait(for: .running, cloud)
    try cloud.pass(ms: 300_000)
    try cloud.befall(.garbage)
    do {
      let result = try life.look(cloud)
      #expect(result.failure != nil || !result.allPagesRead || result.observations.first?.state == .running)
      #expect(!result.observations.contains { $0.state == .gone })
    } catch {
      #expect([.unavailable, .unknownOutcome, .internal].contains(error.code), "\(error)")
    }
  }

  @Test(arguments: TestedCloud.all)
  func `Power goes off and on`(tested: TestedCloud) throws {
    let cloud = try tested.made()
    guard cloud.manifest.capabilities.contains("power") else { return }
    var life = Life(1)
    #expect(life.begin(cloud) == nil)
    _ = try life.wait(for: .running, cloud)
    for (action, state) in [("stop", ObjectState.stopped), ("start", .running), ("reboot", .running)] {
      let reply = try cloud.plugin.power(
        PowerRequest(
          account: cloud.account, attemptId: life.attempt, name: life.name, externalId: life.externalId ?? "",
          action: action, cookie: life.cookie), cloud.call)
      life.cookie = reply.cookie ?? life.cookie
      try cloud.pass(ms: reply.pollAfterMs ?? 1_000)
      _ = try life.wait(for: state, cloud)
    }
    _ = try life.endPatiently(cloud)
  }
}

extension Life {
  /// The result of a change to a copy.
  func copy<Result>(_ body: (inout Life) -> Result) -> Result {
    var copy = self
    return body(&copy)
  }
}
