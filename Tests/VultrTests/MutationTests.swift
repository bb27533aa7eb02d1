import PluginFixture
import PluginKit
import PluginMessages
import Testing
@testable import Vultr

/// Answers that are damaged at random: whatever arrives, a verb replies or fails, and decides nothing rash.
@Suite struct MutationTests {
  /// SplitMix64.
  private struct Random: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
  }

  private static let strange = [
    "9223372036854775807", "-9223372036854775808", "1e999", "null", "[]", "{}", "\"\"", "-1", "0.5", "true", "\u{0}",
    "\\", "99999999999999999999",
  ]

  private func damage(_ text: String, _ random: inout Random) -> String {
    var bytes = Array(text.utf8)
    for _ in 0...Int.random(in: 0...2, using: &random) where !bytes.isEmpty {
      let at = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0...3, using: &random) {
      case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 1...40, using: &random)))
      case 2: bytes = Array(bytes.prefix(at))
      default:
        // A number gives way to something that nobody expects there.
        let end = bytes[at...].firstIndex { !(0x30...0x39).contains($0) } ?? bytes.endIndex
        bytes.replaceSubrange(at..<end, with: (Self.strange.randomElement(using: &random) ?? "").utf8)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(arguments: 0..<8) func `No answer of a cloud ends the plugin, or makes up the end of an instance`(seed: UInt64)
    throws
  {
    var random = Random(state: seed)
    let vultr = VultrProvisioner()
    var entries: [PollEntry] = []
    for number in 1...4 {
      entries.append(try Ask.entry(number, attempt: "A\(number)", expect: number == 4 ? "absent" : "present"))
    }
    entries.append(Ask.lookup(attempt: "A5"))
    for _ in 0..<150 {
      var local = random
      _ = random.next()
      let cloud = ScriptedCloud { .json(200, damage(intact($0), &local)) }
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

  private func body(_ outcome: CloudOutcome) -> String {
    if case .answered(let response) = outcome { String(decoding: response.body, as: UTF8.self) } else { "" }
  }
}
