import PluginFixture
import PluginKit
import PluginMessages
import Testing
@testable import Vultr

/// Answers that are damaged at random: whatever arrives, a verb replies or fails, and decides nothing rash.
@Suite struct MutationTests {
  @Test(arguments: 0..<8) func `No answer of a cloud ends the plugin, or makes up the end of an instance`(seed: UInt64)
    throws
  {
    var random = Damage(seed: seed)
    let vultr = VultrProvisioner()
    var entries: [PollEntry] = []
    for number in 1...4 {
      entries.append(try Ask.entry(number, attempt: "A\(number)", expect: number == 4 ? "absent" : "present"))
    }
    entries.append(Ask.lookup(attempt: "A5"))
    for _ in 0..<150 {
      var local = random
      _ = random.next()
      let cloud = ScriptedCloud { .json(200, local.damaged(intact($0))) }
      let polled: PollReply? = try? vultr.poll(PollRequest(account: Ask.account, entries: entries), cloud.call)
      #expect(polled?.results.contains { $0.observations.contains { $0.state == .gone } } != true, "seed \(seed)")
      #expect(polled.map { Set($0.results.map(\.attemptId)).count } ?? 5 == 5)
      let ended = try? vultr.terminate(Ask.terminate(Answer.id(1)), cloud.call)
      #expect(ended?.state != "gone", "seed \(seed)")
      _ = try? vultr.validate(ValidateRequest(account: Ask.account, placements: [Ask.placement()]), cloud.call)
      _ = try? vultr.catalog(CatalogRequest(account: Ask.account), cloud.call)
      _ = try? vultr.list(ListRequest(account: Ask.account), cloud.call)
      _ = try? vultr.selfTest(SelfTestRequest(account: Ask.account, installationKey: Ask.key), cloud.call)
      let made = failure { () throws(CloudFailure) in try vultr.provision(try Ask.provision(), cloud.call) }
      #expect(made == nil || made?.code == .unknownOutcome && made?.report.mayExist == true, "seed \(seed)")
    }
  }

  private func intact(_ request: CloudRequest) -> String {
    switch request.path {
    case "/instances" where request.method == .post: return Answer.created(42)
    case "/instances":
      return body(.page("instances", (1...4).map { Answer.instance($0, label: "n\($0)", attempt: "A\($0)") }))
    case "/plans": return body(.page("plans", [Answer.plan("vc2-1c-1gb")]))
    case "/os": return body(.page("os", [Answer.system(2136, "Debian 12 x64 (bookworm)", "debian")]))
    case "/regions": return body(.page("regions", [#"{"id":"ams","city":"Amsterdam","country":"NL"}"#]))
    case "/regions/ams/availability": return #"{"available_plans":["vc2-1c-1gb"]}"#
    case "/ssh-keys": return body(.page("ssh_keys", [Answer.key("k1", Ask.key)]))
    case "/account": return #"{"account":{"acls":["provisioning"],"balance":-100.55,"pending_charges":60.25}}"#
    default: return #"{"instance":\#(Answer.instance(1, attempt: "A1"))}"#
    }
  }
}
