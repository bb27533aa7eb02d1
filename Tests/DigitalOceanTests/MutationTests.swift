@testable import DigitalOcean
import PluginFixture
import PluginKit
import PluginMessages
import Testing

/// Answers that are damaged at random: whatever arrives, a verb replies or fails, and decides nothing rash.
@Suite struct MutationTests {
  @Test(arguments: 0..<8) func `No answer of a cloud ends the plugin, or makes up the end of a droplet`(seed: UInt64)
    throws
  {
    var random = Damage(seed: seed)
    let ocean = DigitalOceanProvisioner()
    var entries: [PollEntry] = []
    for id in Int64(1)...5 {
      let expect = id > 3 ? "absent" : "present"
      entries.append(try Ask.entry(id, attempt: "A\(id)", expect: expect, cookie: Cookie(create: 100 + id)))
    }
    for id in 6...8 { entries.append(try Ask.lookup(attempt: "A\(id)", name: "n\(id)", gpu: nil)) }
    for _ in 0..<150 {
      var local = random
      _ = random.next()
      let cloud = ScriptedCloud { .json(200, local.damaged(intact($0))) }
      let polled: PollReply? = try? ocean.poll(PollRequest(account: Ask.account, entries: entries), cloud.call)
      #expect(polled?.results.contains { $0.observations.contains { $0.state == .gone } } != true, "seed \(seed)")
      #expect(polled.map { Set($0.results.map(\.attemptId)).count } ?? 8 == 8)
      let single: PollReply? = try? ocean.poll(PollRequest(account: Ask.account, entries: [entries[0]]), cloud.call)
      #expect(single?.results.contains { $0.observations.contains { $0.state == .gone } } != true, "seed \(seed)")
      let ended = try? ocean.terminate(Ask.terminate("1"), cloud.call)
      #expect(ended?.state != "gone", "seed \(seed)")
      _ = try? ocean.validate(ValidateRequest(account: Ask.account, placements: [Ask.placement()]), cloud.call)
      _ = try? ocean.catalog(CatalogRequest(account: Ask.account), cloud.call)
      _ = try? ocean.list(ListRequest(account: Ask.account), cloud.call)
      _ = try? ocean.selfTest(SelfTestRequest(account: Ask.account, installationKey: Ask.key), cloud.call)
      _ = try? ocean.power(Ask.power("stop"), cloud.call)
      let made = failure { () throws(CloudFailure) in try ocean.provision(try Ask.provision(), cloud.call) }
      #expect(made == nil || made?.code == .unknownOutcome && made?.report.mayExist == true, "seed \(seed)")
    }
  }

  private func intact(_ request: CloudRequest) -> String {
    switch request.path {
    case "/droplets" where request.method == .post: return Answer.created(42)
    case "/droplets":
      return body(
        .page(
          "droplets", (1...8).map { Answer.droplet($0, name: "n\($0)", attempt: "A\($0)") }, total: 9, next: 2, last: 2)
      )
    case "/actions":
      return body(
        .page(
          "actions",
          (Int64(1)...3).map { Answer.action(100 + $0, "create", "in-progress", droplet: $0) }
            + (Int64(4)...5).map { Answer.action(200 + $0, "destroy", "in-progress", droplet: $0) }))
    case "/sizes": return body(.page("sizes", [Answer.size(hourly: "0.00743999984115362")]))
    case "/regions": return body(.page("regions", [Answer.region("fra1", sizes: ["s-1vcpu-1gb"])]))
    case "/images": return body(.page("images", [Answer.image()]))
    case "/images/debian-12-x64": return #"{"image":\#(Answer.image())}"#
    case "/account/keys": return body(.page("ssh_keys", [Answer.key(9)]))
    case "/account":
      return #"{"account":{"uuid":"u","droplet_limit":25,"status":"active","status_message":"","team":{"uuid":"t"}}}"#
    default:
      if request.path.hasPrefix("/actions/") { return #"{"action":\#(Answer.action(101, "create", "in-progress"))}"# }
      return #"{"droplet":\#(Answer.droplet(1, attempt: "A1"))}"#
    }
  }
}
