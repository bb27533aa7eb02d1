import CloudSim
import HTTP
import Testing

/// Requests of every kind, sensible and not, with faults and leaps of time between them.
@Suite struct FuzzTests {
  @Test(arguments: 0..<20 as Range<UInt64>)
  func `Whatever is asked, the books stay right`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let client = Client(seed % 2 == 0 ? .fast : .realistic, seed: seed)
    for _ in 0..<400 {
      client.wait(Int64.random(in: 0...4000, using: &random))
      if Int.random(in: 0..<6, using: &random) == 0 {
        let kind = Fault.Kind.names.randomElement(using: &random) ?? ""
        #expect(client.fault(["kind": .string(kind), "ms": .int(Int64.random(in: 0...9000, using: &random))]) == 200)
      }
      let reply = client.send(method(&random), target(client, &random), body(&random))
      #expect((200...599).contains(reply.response.status) && reply.delay >= 0)
      if client.token != "secret" || reply.response.status == 401 {
        _ = client.call("POST", "/_sim/tokens", ["token": "secret", "revoked": false])
      }
      check(client.cloud)
    }
    _ = client.call("DELETE", "/_sim/faults")
    client.wait(1_000_000)
    for server in client.cloud.servers { _ = client.call("DELETE", "/_sim/servers/\(server.id)") }
    client.cloud.settle(to: client.now)
    #expect(client.cloud.frame.ledger.open.isEmpty && client.cloud.servers.isEmpty)
  }

  /// The ledger and the world agree, and so do servers and addresses.
  private func check(_ cloud: HetznerCloud) {
    #expect(Set(cloud.frame.ledger.open.map(\.id)) == Set(cloud.servers.map { String($0.id) }))
    let assigned = cloud.frame.world.addresses.rows.compactMap(\.server)
    #expect(Set(assigned).isSubset(of: cloud.servers.map(\.id)))
    let ips = cloud.frame.world.addresses.rows.map(\.ip)
    #expect(Set(ips).count == ips.count)
    #expect(cloud.servers.allSatisfy { !$0.listening || $0.status == .running || $0.status == .stopping })
  }

  private func method(_ random: inout SeededRandom) -> String {
    ["GET", "GET", "POST", "POST", "POST", "DELETE", "PUT", "PATCH", "HEAD"].randomElement(using: &random) ?? "GET"
  }

  private func target(_ client: Client, _ random: inout SeededRandom) -> String {
    let id = client.cloud.servers.randomElement(using: &random)?.id ?? 10_000_003
    let paths = [
      "/v1/servers", "/v1/servers", "/v1/servers/\(id)", "/v1/servers/\(id)/actions/poweroff",
      "/v1/servers/\(id)/actions/poweron", "/v1/servers/\(id)/actions/reboot", "/v1/servers/\(id)/actions/shutdown",
      "/v1/servers/\(id)/actions", "/v1/ssh_keys", "/v1/primary_ips/\(id + 1)", "/v1/primary_ips", "/v1/actions",
      "/v1/images", "/v1/nothing", "/v1", "/", "//", "/v1/servers/99999999999999999999", "/v1/servers/-1", "/%",
    ]
    let queries = [
      "", "", "", "page=2", "page=99999999999999999999", "per_page=50&page=9223372036854775807", "name=a",
      "label_selector=a+in+(b", "label_selector=%", "sort=name:desc&sort=id", "status=off", "id=1&id=x", "&&=&",
    ]
    let query = queries.randomElement(using: &random) ?? ""
    return (paths.randomElement(using: &random) ?? "/") + (query.isEmpty ? "" : "?" + query)
  }

  private func body(_ random: inout SeededRandom) -> JSON? {
    let name = "s\(Int.random(in: 0..<12, using: &random))"
    switch Int.random(in: 0..<6, using: &random) {
    case 0: return nil
    case 1: return ["name": .string(name), "public_key": .string(Client.keyA)]
    case 2: return [1, "x", .null, .int(.min)]
    case 3: return Client.order(name, [("labels", ["a": .int(.max)]), ("public_net", .null)])
    default: return Client.order(name)
    }
  }
}
