import CloudSim
import HTTP
import Testing

@Suite struct DropletFaultTests {
  @Test func `A dropped order was carried out or not, as the fault says, and a retry makes a second droplet`() {
    let client = DropletClient()
    #expect(client.fault(["kind": "drop_unread", "method": "POST", "path": "/v2/droplets$"]) == 200)
    #expect(client.call("POST", "/droplets", DropletClient.order()).status == nil && client.cloud.droplets.isEmpty)
    #expect(client.fault(["kind": "drop_answer", "method": "POST", "path": "/v2/droplets$"]) == 200)
    #expect(client.call("POST", "/droplets", DropletClient.order()).status == nil)
    #expect(client.call("POST", "/droplets", DropletClient.order()).status == 202)
    #expect(client.cloud.frame.ledger.mostAlive { $0.name == "web" } == 2)
  }

  @Test(arguments: [500, 503, 504] as [Int64])
  func `An error may follow an order that was carried out`(status: Int64) {
    let client = DropletClient()
    #expect(client.fault(["kind": "respond", "method": "POST", "status": .int(status), "execute": true]) == 200)
    let answer = client.call("POST", "/droplets", DropletClient.order())
    #expect(answer.status == Int(status) && answer.id == "server_error" && answer.text == "simulated fault")
    #expect(client.cloud.droplets.count == 1)
  }

  @Test func `Answers come late, cut, garbled or with more fields`() throws {
    let client = DropletClient()
    #expect(client.fault(["kind": "delay", "ms": 30_000]) == 200)
    #expect(client.send("GET", "/v2/droplets").delay == 30_000)
    #expect(client.fault(["kind": "truncate", "bytes": 5]) == 200)
    let cut = client.send("POST", "/v2/droplets", DropletClient.order())
    #expect(cut.seen?.body.count == 5 && cut.seen?.status == 202 && client.cloud.droplets.count == 1)
    #expect(client.fault(["kind": "garbage"]) == 200)
    #expect(client.call("GET", "/droplets").json == nil)
    #expect(client.fault(["kind": "extra_fields"]) == 200)
    let answer = client.call("GET", "/droplets")
    #expect(answer.json?["droplets"]?.array?.first?["image"]?["x_sim_extra"] != nil)
  }

  @Test func `An order may be carried out long after its client left, or twice`() {
    let client = DropletClient()
    #expect(client.fault(["kind": "late", "ms": 60_000, "method": "POST"]) == 200)
    #expect(client.call("POST", "/droplets", DropletClient.order("late")).status == nil)
    client.wait(59_999)
    #expect(client.names().isEmpty)
    client.wait(1)
    #expect(client.names() == ["late"])
    #expect(client.fault(["kind": "twice", "ms": 500, "method": "POST"]) == 200)
    client.create("twin")
    #expect(client.names() == ["late", "twin"])
    client.wait(500)
    #expect(client.names() == ["late", "twin", "twin"])
  }

  @Test func `A new droplet may stay unseen for a while, by id too`() throws {
    let client = DropletClient()
    #expect(client.fault(["kind": "hidden", "ms": 60_000]) == 200)
    let id = try #require(client.create("web", [("tags", ["x"])]))
    client.wait(59_999)
    #expect(client.status(id) == nil && client.names().isEmpty && client.names("?tag_name=x").isEmpty)
    #expect(client.call("DELETE", "/droplets/\(id)").status == 404)
    client.wait(1)
    #expect(client.status(id) == "active" && client.names() == ["web"])
  }

  @Test(arguments: ["create_fails", "action_fails"])
  func `A create action that errs takes the droplet with it`(kind: String) throws {
    let client = DropletClient()
    #expect(client.fault(["kind": .string(kind), "ms": 3000]) == 200)
    let answer = client.call("POST", "/droplets", DropletClient.order())
    let action = try #require(answer.json?["links"]?["actions"]?.array?.first?["id"]?.int)
    #expect(answer.status == 202 && client.names() == ["web"])
    client.wait(30_000)
    #expect(client.call("GET", "/actions/\(action)").json?["action"]?["status"] == "errored")
    #expect(client.names().isEmpty && client.cloud.frame.ledger.entries.first?.end == .failed)
  }

  @Test func `An action may fail and leave the droplet as it was`() {
    let client = DropletClient()
    let id = client.active()
    #expect(client.fault(["kind": "action_fails", "method": "DELETE"]) == 200)
    #expect(client.call("DELETE", "/droplets/\(id)").status == 204)
    client.wait(6000)
    let last = client.call("GET", "/droplets/\(id)/actions").json?["actions"]?.array?.first
    #expect(client.status(id) == "active" && last?["status"] == "errored" && last?["type"] == "destroy")
    #expect(client.fault(["kind": "action_fails", "method": "POST"]) == 200)
    #expect(client.call("POST", "/droplets/\(id)/actions", ["type": "power_off"]).status == 201)
    client.wait(6000)
    #expect(client.status(id) == "active")
  }

  @Test func `An event may be pending for seconds when a droplet is to be deleted`() {
    let client = DropletClient()
    let id = client.active()
    #expect(client.fault(["kind": "lock", "ms": 4000, "method": "DELETE"]) == 200)
    #expect(client.call("DELETE", "/droplets/\(id)").text == "Droplet already has a pending event.")
    client.wait(3999)
    #expect(client.call("DELETE", "/droplets/\(id)").status == 422)
    client.wait(1)
    #expect(client.call("DELETE", "/droplets/\(id)").status == 204)
  }

  @Test func `Room may vanish between a look and the order, and come back`() {
    let client = DropletClient()
    #expect(client.fault(["kind": "stock_out", "ms": 10_000, "method": "POST"]) == 200)
    #expect(client.refusal([]) == "422 unprocessable_entity Size is not available in this region.")
    #expect(client.refusal([]).hasPrefix("422") && client.refusal([("region", "ams3")]).isEmpty)
    client.wait(10_000)
    #expect(client.refusal([]).isEmpty)
  }

  @Test func `The rate limit may strike and last, and says for how long`() {
    let client = DropletClient()
    #expect(client.fault(["kind": "rate_limit", "seconds": 3]) == 200)
    let answer = client.call("GET", "/droplets")
    #expect(answer.status == 429 && answer.header("retry-after") == "3")
    client.wait(2999)
    #expect(client.call("GET", "/droplets").status == 429)
    client.wait(1)
    #expect(client.call("GET", "/droplets").status == 200)
  }

  @Test func `A read may show the past, and still counts`() {
    let client = DropletClient()
    #expect(client.fault(["kind": "stale", "ms": 2000, "method": "GET"]) == 200)
    client.create("a")
    client.wait(1000)
    let stale = client.call("GET", "/droplets")
    let fresh = client.call("GET", "/droplets")
    #expect(stale.names("droplets").isEmpty && fresh.names("droplets") == ["a"])
    #expect(stale.header("ratelimit-remaining") == "4998" && fresh.header("ratelimit-remaining") == "4997")
  }

  @Test func `A droplet may vanish between two pages of a listing`() {
    let client = DropletClient()
    for number in 0..<4 { client.create("s\(number)") }
    #expect(client.fault(["kind": "delete_listed", "query": "page=1"]) == 200)
    #expect(client.names("?page=1&per_page=2") == ["s0", "s1"])
    #expect(client.names("?page=2&per_page=2") == ["s3"])
  }

  @Test func `A shutdown may be accepted and come to nothing`() {
    let client = DropletClient()
    let id = client.active()
    #expect(client.fault(["kind": "ignore", "method": "POST"]) == 200)
    let action = client.call("POST", "/droplets/\(id)/actions", ["type": "shutdown"]).json?["action"]?["id"]?.int ?? 0
    client.wait(60_000)
    #expect(client.status(id) == "active")
    #expect(client.call("GET", "/actions/\(action)").json?["action"]?["status"] == "completed")
  }

  @Test(arguments: 0..<10 as Range<UInt64>)
  func `Whatever is asked, the books stay right`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let client = DropletClient(seed % 2 == 0 ? .fast : .realistic, seed: seed)
    let types = ["reboot", "power_off", "power_on", "shutdown", "rename", "power_cycle", "x"]
    let queries = [
      "", "", "?page=2", "?per_page=200&page=9223372036854775807", "?tag_name=a", "?name=%", "?type=gpus", "?&&",
    ]
    for _ in 0..<400 {
      client.wait(Int64.random(in: 0...9000, using: &random))
      if Int.random(in: 0..<6, using: &random) == 0 {
        let kind = Fault.Kind.names.randomElement(using: &random) ?? ""
        #expect(client.fault(["kind": .string(kind), "ms": .int(Int64.random(in: 0...9000, using: &random))]) == 200)
      }
      let id = client.cloud.droplets.randomElement(using: &random)?.id ?? 300_000_001
      let method = ["GET", "GET", "POST", "POST", "POST", "DELETE", "PUT"].randomElement(using: &random) ?? "GET"
      let path =
        ["", "", "/\(id)", "/\(id)/actions", "/\(id)/actions/\(id + 1)", "/-1", "/%", "/99999999999999999999"]
        .randomElement(using: &random) ?? ""
      let body: JSON =
        [
          DropletClient.order("a", [("tags", ["a"])]), DropletClient.order("b", [("names", ["c"])]), [1, .int(.min)],
          ["type": .string(types.randomElement(using: &random) ?? ""), "name": "z"],
          ["type": .string(types.randomElement(using: &random) ?? "")],
        ].randomElement(using: &random) ?? [:]
      let reply = client.send(method, "/v2/droplets" + path + (queries.randomElement(using: &random) ?? ""), body)
      #expect((200...599).contains(reply.response.status) && reply.delay >= 0)
      if reply.response.status == 401 {
        _ = client.call("POST", "/_sim/tokens", ["token": "secret", "revoked": false])
      }
      let droplets = client.cloud.droplets
      #expect(Set(client.cloud.frame.ledger.open.map(\.id)) == Set(droplets.map { String($0.id) }))
      #expect(Set(droplets.compactMap(\.ipv4)).count == droplets.count)
      #expect(droplets.allSatisfy { !$0.listening || $0.status == .active })
    }
    for droplet in client.cloud.droplets { _ = client.call("DELETE", "/_sim/servers/\(droplet.id)") }
    client.wait(1_000_000)
    _ = client.call("DELETE", "/_sim/faults")
    for droplet in client.cloud.droplets { _ = client.call("DELETE", "/_sim/servers/\(droplet.id)") }
    #expect(client.cloud.frame.ledger.open.isEmpty && client.cloud.droplets.isEmpty)
  }
}
