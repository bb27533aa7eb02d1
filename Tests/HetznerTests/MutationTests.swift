@testable import Hetzner
import PluginFixture
import PluginKit
import PluginMessages
import Testing

/// Answers that are damaged at random: whatever arrives, a verb replies or fails, and decides nothing rash.
@Suite struct MutationTests {
  @Test(arguments: 0..<8) func `No answer of a cloud ends the plugin, or makes up the end of a server`(seed: UInt64)
    throws
  {
    var random = Damage(seed: seed)
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
        return .json(200, local.damaged(text))
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

  private var request: ProvisionRequest {
    ProvisionRequest(
      account: Ask.account, attemptId: Ask.attempt, operationId: "O", resourceId: "R", name: "vm",
      placement: Ask.placement(), imageId: "1", architecture: "x86_64", sshPublicKeys: [Ask.key], userData: "")
  }
}
