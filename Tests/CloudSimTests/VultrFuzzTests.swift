import CloudSim
import HTTP
import Testing

/// Requests of every kind, sensible and not, with faults and leaps of time between them.
@Suite struct VultrFuzzTests {
  @Test(arguments: 0..<20 as Range<UInt64>)
  func `Whatever is asked of Vultr, the books stay right`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let client = VultrClient(seed % 2 == 0 ? .fast : .realistic, seed: seed)
    if seed % 3 == 0 { _ = client.call("POST", "/_sim/settings", ["lock_while_busy": false]) }
    for _ in 0..<400 {
      client.wait(Int64.random(in: 0...9000, using: &random))
      if Int.random(in: 0..<6, using: &random) == 0 {
        let kind = Fault.Kind.names.randomElement(using: &random) ?? ""
        #expect(client.fault(["kind": .string(kind), "ms": .int(Int64.random(in: 0...9000, using: &random))]) == 200)
      }
      let reply = client.send(method(&random), target(client, &random), body(client, &random))
      #expect((200...599).contains(reply.response.status) && reply.delay >= 0)
      if reply.response.status >= 400, reply.response.json?["x_sim_extra"] == nil, reply.response.json != nil {
        #expect(reply.response.json?["status"]?.int == Int64(reply.response.status))
      }
      if reply.response.status == 401 {
        _ = client.call("POST", "/_sim/tokens", ["token": "secret", "revoked": false])
      }
      check(client.cloud)
    }
    _ = client.call("DELETE", "/_sim/faults")
    client.wait(1_000_000)
    client.cloud.settle(to: client.now)
    for instance in client.cloud.instances { _ = client.call("DELETE", "/_sim/servers/\(instance.id)") }
    client.cloud.settle(to: client.now)
    #expect(client.cloud.frame.ledger.open.isEmpty && client.cloud.instances.isEmpty)
    #expect(client.cloud.frame.world.reserved.rows.allSatisfy { $0.instance == nil })
  }

  /// The ledger and the world agree, and so do instances and addresses.
  private func check(_ cloud: VultrCloud) {
    #expect(Set(cloud.frame.ledger.open.map(\.id)) == Set(cloud.instances.map(\.id)))
    let ips = cloud.instances.compactMap(\.ip)
    #expect(Set(ips).count == ips.count)
    let free = cloud.frame.world.reserved.rows.filter { $0.instance == nil }.map(\.ip)
    #expect(Set(free).isDisjoint(with: ips))
    #expect(
      cloud.instances.allSatisfy { !$0.listening || ($0.powered && $0.stage == .ready && !$0.ending && !$0.resizing) })
  }

  private func method(_ random: inout SeededRandom) -> String {
    ["GET", "GET", "POST", "POST", "POST", "POST", "DELETE", "PUT", "PATCH", "HEAD"].randomElement(using: &random)
      ?? "GET"
  }

  private func target(_ client: VultrClient, _ random: inout SeededRandom) -> String {
    let id = client.cloud.instances.randomElement(using: &random)?.id ?? "none"
    let reserved = client.cloud.frame.world.reserved.rows.randomElement(using: &random)?.id ?? "none"
    let paths = [
      "/v2/instances", "/v2/instances", "/v2/instances", "/v2/instances/\(id)", "/v2/instances/\(id)",
      "/v2/instances/\(id)/halt", "/v2/instances/\(id)/start", "/v2/instances/\(id)/reboot",
      "/v2/instances/\(id)/reinstall", "/v2/instances/\(id)/ipv4", "/v2/instances/\(id)/user-data",
      "/v2/instances/halt", "/v2/instances/start", "/v2/ssh-keys", "/v2/ssh-keys/none", "/v2/reserved-ips",
      "/v2/reserved-ips/\(reserved)", "/v2/account", "/v2/plans", "/v2/regions/ewr/availability", "/v2/os",
      "/v2/nothing", "/v2", "/", "//", "/v2//", "/%",
    ]
    let queries = [
      "", "", "", "per_page=1", "per_page=99999999999999999999", "cursor=bmV4dF9fMg==", "cursor=cHJldl9fMg==",
      "cursor=c2tpcF9fOTIyMzM3MjAzNjg1NDc3NTgwNw==", "label=s1", "tag=%", "&&=&", "per_page=500&type=vc2",
    ]
    let query = queries.randomElement(using: &random) ?? ""
    return (paths.randomElement(using: &random) ?? "/") + (query.isEmpty ? "" : "?" + query)
  }

  private func body(_ client: VultrClient, _ random: inout SeededRandom) -> JSON? {
    let label = "s\(Int.random(in: 0..<5, using: &random))"
    let ids = client.cloud.instances.prefix(3).map { JSON.string($0.id) }
    let reserved = client.cloud.frame.world.reserved.rows.first?.id ?? ""
    switch Int.random(in: 0..<10, using: &random) {
    case 0, 1: return nil
    case 2: return ["name": .string(label), "ssh_key": .string(Client.keyA)]
    case 3: return [1, "x", .null, .int(.min)]
    case 4: return ["instance_ids": .array(ids)]
    case 5: return ["plan": "vc2-2c-4gb"]
    case 6: return ["os_id": .int(Int.random(in: 0...1, using: &random) == 0 ? 2284 : .max)]
    case 7: return VultrClient.order(label, [("reserved_ipv4", .string(reserved)), ("enable_ipv6", true)])
    default: return VultrClient.order(label)
    }
  }
}
