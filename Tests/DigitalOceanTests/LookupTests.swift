@testable import DigitalOcean
import PluginFixture
import PluginKit
import PluginMessages
import Testing

/// Attempts whose droplet's id is not known.
@Suite struct LookupTests {
  private let ocean = DigitalOceanProvisioner()

  private func poll(_ cloud: ScriptedCloud, _ entries: [PollEntry]) throws(CloudFailure) -> PollReply {
    try ocean.poll(PollRequest(account: Ask.account, entries: entries), cloud.call)
  }

  @Test func `A lost create is looked up by its exact name, and every match is told`() throws {
    let cloud = ScriptedCloud([
      "GET /droplets": [
        .page("droplets", []),
        .page(
          "droplets",
          [
            Answer.droplet(7, attempt: Ask.attempt), Answer.droplet(3, name: "VM", status: "new"),
            Answer.droplet(6, name: "vm2", attempt: Ask.attempt), Answer.droplet(5, attempt: "OTHER"),
            Answer.droplet(4, hidesTags: true),
          ]),
      ]
    ])
    let entry = try Ask.lookup()
    let nothing = try poll(cloud, [entry]).results[0]
    #expect(nothing.observations.isEmpty && nothing.allPagesRead && nothing.scope == .byName)
    let found = try poll(cloud, [entry]).results[0]
    #expect(found.observations.map(\.externalId) == ["3", "4", "7"])
    #expect(found.observations.map(\.state) == [.pending, .running, .running])
    #expect(found.allPagesRead && found.scope == .byName)
    #expect(cloud.lines.first == "GET /droplets?name=vm&type=droplets&page=1&per_page=200")
  }

  @Test(arguments: [(nil, ["droplets", "gpus"]), (true, ["gpus"]), (false, ["droplets"])] as [(Bool?, [String])])
  func `It is looked for among GPU droplets where it may be one`(gpu: Bool?, types: [String]) throws {
    let cloud = ScriptedCloud { _ in .page("droplets", []) }
    #expect(try poll(cloud, [try Ask.lookup(gpu: gpu)]).results[0].allPagesRead)
    #expect(cloud.lines == types.map { "GET /droplets?name=vm&type=\($0)&page=1&per_page=200" })
  }

  @Test func `A foreign droplet of our name is a finding, not ours, and no absence`() throws {
    for droplet in [Answer.droplet(), Answer.droplet(attempt: "OTHER"), Answer.droplet(tags: ["web"])] {
      let result = try poll(ScriptedCloud(["GET /droplets": [.page("droplets", [droplet])]]), [try Ask.lookup()])
        .results[0]
      #expect(result.failureCode == "NAME_TAKEN")
      #expect(!result.allPagesRead && result.observations.isEmpty)
    }
  }

  private func lookups(_ count: Int, gpu: Bool? = false) throws -> [PollEntry] {
    try (1...count).map { try Ask.lookup(attempt: "A\($0)", name: "n\($0)", gpu: gpu) }
  }

  @Test func `Many are looked up in a complete listing of all droplets, by tag and by name`() throws {
    let cloud = ScriptedCloud([
      "GET /droplets": [
        .page(
          "droplets",
          [
            Answer.droplet(1, name: "n1", attempt: "A1"), Answer.droplet(9, name: "renamed", attempt: "A1"),
            // Not tagged yet: a listing by tag would not show it.
            Answer.droplet(2, name: "n2", status: "new"), Answer.droplet(3, name: "n3", attempt: "OTHER"),
          ])
      ]
    ])
    let reply = try poll(cloud, try lookups(4))
    #expect(cloud.lines == ["GET /droplets?type=droplets&page=1&per_page=200"])
    #expect(reply.results[0].observations.map(\.externalId) == ["1", "9"])
    #expect(reply.results[1].observations.map(\.externalId) == ["2"])
    #expect(reply.results[2].failureCode == "NAME_TAKEN")
    #expect(reply.results[3].observations.isEmpty)
    #expect(reply.results[3].allPagesRead && reply.results[3].scope == .listing)
  }

  @Test func `Where one of them may be a GPU droplet, both listings must be complete`() throws {
    let whole = ScriptedCloud { _ in .page("droplets", []) }
    #expect(try poll(whole, try lookups(3, gpu: nil)).results.allSatisfy { $0.allPagesRead && $0.scope == .listing })
    #expect(whole.requests.count == 2)
    let torn = ScriptedCloud { request in
      .page("droplets", [], total: request.query.hasPrefix("type=gpus") ? 1 : 0)
    }
    let reply = try poll(torn, try lookups(3, gpu: nil))
    #expect(reply.results.allSatisfy { $0.scope == .byName })
    #expect(torn.requests.count == 2 + 3 * 2)
  }

  @Test func `A droplet that goes between two pages makes the listing prove nothing: the name decides`() throws {
    let cloud = ScriptedCloud { request in
      if request.query.hasPrefix("name=") { return .page("droplets", []) }
      return request.matches("page", "1")
        ? .page("droplets", [Answer.droplet(1, name: "n1", attempt: "A1")], total: 3, next: 2, last: 2)
        : .page("droplets", [Answer.droplet(3, name: "n3", attempt: "A3")], total: 2)
    }
    let reply = try poll(cloud, try lookups(4))
    #expect(reply.results.map(\.observations.count) == [1, 0, 1, 0])
    #expect(reply.results.map(\.scope) == [.listing, .byName, .listing, .byName])
    #expect(reply.results.map(\.allPagesRead) == [false, true, false, true])
    #expect(cloud.requests.count == 4)
  }

  @Test func `In a large account a few are asked for by name`() throws {
    let cloud = ScriptedCloud { request in
      request.query.hasPrefix("name=")
        ? .page("droplets", []) : .page("droplets", [Answer.droplet(1)], total: 4_000, next: 2, last: 20)
    }
    #expect(try poll(cloud, try lookups(3)).results.allSatisfy { $0.scope == .byName && $0.allPagesRead })
    #expect(cloud.requests.count == 4)
  }

  @Test func `What one look cannot do is left to the next`() throws {
    let cloud = ScriptedCloud { request in
      request.query.hasPrefix("name=") ? .page("droplets", []) : .page("droplets", [], total: 1)
    }
    let reply = try poll(cloud, try lookups(60))
    #expect(reply.results.filter { $0.scope == .byName }.count == 40)
    #expect(reply.results.filter { $0.failureCode == "UNAVAILABLE" }.count == 20)
    #expect(cloud.requests.count == 41)
  }
}
