@testable import Hetzner
import PluginFixture
import PluginKit
import PluginMessages
import Testing

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
    "\\",
    "99999999999999999999",
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

  @Test(arguments: 0..<8) func `No answer of a cloud ends the plugin, or makes up the end of a server`(seed: UInt64)
    throws
  {
    var random = Random(state: seed)
    let hetzner = HetznerProvisioner()
    let cookies: [Int64: Cookie] = [
      2: Cookie(phase: .create, actions: [7, 8]), 4: Cookie(phase: .delete, actions: [9]),
    ]
    var entries: [PollEntry] = []
    for id in Int64(1)...5 {
      let expect = id == 4 ? "absent" : "present"
      let known: Int64? = id == 5 ? nil : id
      entries.append(try Ask.entry(known, attempt: "A\(id)", expect: expect, name: "n\(id)", cookie: cookies[id]))
    }
    for _ in 0..<150 {
      var local = random
      _ = random.next()
      let cloud = ScriptedCloud { request in
        let text: String
        switch request.path {
        case "/actions":
          text = body(
            .page(
              "actions",
              [
                Answer.action(7, "create_server", "success", server: 2),
                Answer.action(9, "delete_server", "running", server: 4),
              ]))
        case "/servers" where request.method == .post: text = Answer.created(42)
        case "/servers":
          text = body(
            .page(
              "servers", ([1, 2, 3, 4] as [Int64]).map { id in Answer.server(id, name: "n\(id)", attempt: "A\(id)") },
              total: 4, last: 1))
        case "/server_types":
          text = body(
            .page("server_types", [Answer.type("cx22", locations: [("fsn1", true, "2030-01-01T00:00:00+00:00")])]))
        case "/images": text = body(.page("images", [Answer.image(1, "debian-12")]))
        case "/ssh_keys": text = body(.page("ssh_keys", [#"{"id":9,"name":"k","created":"2026-05-01T00:00:00Z"}"#]))
        default: text = #"{"server":\#(Answer.server(1, attempt: "A1"))}"#
        }
        return .json(200, damage(text, &local))
      }
      let polled: PollReply? = try? hetzner.poll(PollRequest(account: Ask.account, entries: entries), cloud.call)
      for result in polled?.results ?? [] {
        let claimsGone = result.observations.contains { $0.state == ObjectState.gone }
        #expect(!claimsGone, "seed \(seed)")
      }
      _ = try? hetzner.validate(ValidateRequest(account: Ask.account, placements: [Ask.placement()]), cloud.call)
      _ = try? hetzner.catalog(CatalogRequest(account: Ask.account), cloud.call)
      _ = try? hetzner.list(ListRequest(account: Ask.account), cloud.call)
      _ = try? hetzner.selfTest(SelfTestRequest(account: Ask.account, installationKey: Ask.key), cloud.call)
      let made = failure { () throws(CloudFailure) in try hetzner.provision(request, cloud.call) }
      #expect(made == nil || made?.code == .unknownOutcome && made?.report.mayExist == true, "seed \(seed)")
    }
  }

  private func body(_ outcome: CloudOutcome) -> String {
    if case .answered(let response) = outcome { String(decoding: response.body, as: UTF8.self) } else { "" }
  }

  private var request: ProvisionRequest {
    ProvisionRequest(
      account: Ask.account, attemptId: Ask.attempt, operationId: "O", resourceId: "R", name: "vm",
      placement: Ask.placement(), imageId: "1", architecture: "x86_64", sshPublicKeys: [Ask.key], userData: "")
  }
}
