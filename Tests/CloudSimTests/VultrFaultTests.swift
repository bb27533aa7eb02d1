import CloudSim
import HTTP
import Testing

@Suite struct VultrFaultTests {
  @Test func `A dropped request was carried out or not, as the fault says`() {
    let client = VultrClient()
    #expect(client.fault(["kind": "drop_unread", "method": "POST", "path": "/v2/instances$"]) == 200)
    #expect(client.call("POST", "/instances", VultrClient.order()).status == nil)
    #expect(client.cloud.instances.isEmpty)
    #expect(client.fault(["kind": "drop_answer", "method": "POST", "path": "/v2/instances$"]) == 200)
    #expect(client.call("POST", "/instances", VultrClient.order()).status == nil)
    #expect(client.cloud.instances.count == 1)
    // Nothing keeps a client from making a second one.
    #expect(client.create() != nil && client.labels("label=web").count == 2)
  }

  @Test func `A refusal may follow a request that was carried out, in the shape of this cloud`() {
    let client = VultrClient()
    let rule: JSON = ["kind": "respond", "method": "POST", "status": 503, "message": "busy", "execute": true]
    #expect(client.fault(rule) == 200)
    let answer = client.call("POST", "/instances", VultrClient.order())
    #expect(answer.status == 503 && answer.json == ["error": "busy", "status": 503])
    #expect(client.cloud.instances.count == 1)
  }

  @Test func `Answers come late, cut, garbled or with more fields`() {
    let client = VultrClient()
    #expect(client.fault(["kind": "delay", "ms": 30_000]) == 200)
    #expect(client.send("GET", "/v2/instances").delay == 30_000)
    #expect(client.fault(["kind": "truncate", "bytes": 5]) == 200)
    let cut = client.send("POST", "/v2/instances", VultrClient.order())
    #expect(cut.delivery == .truncated(bodyBytes: 5) && cut.seen?.status == 202)
    #expect(client.fault(["kind": "garbage"]) == 200)
    #expect(client.call("GET", "/instances").json == nil)
    #expect(client.fault(["kind": "extra_fields"]) == 200)
    let answer = client.call("GET", "/instances")
    #expect(answer.json?["meta"]?["links"]?["x_sim_extra"] != nil)
    #expect(answer.json?["instances"]?.array?.first?["x_sim_extra"] != nil)
  }

  @Test func `A request may be carried out long after its client left, or twice`() {
    let client = VultrClient()
    #expect(client.fault(["kind": "late", "ms": 60_000, "method": "POST"]) == 200)
    #expect(client.call("POST", "/instances", VultrClient.order()).status == nil)
    client.wait(59_999)
    #expect(client.labels().isEmpty)
    client.wait(1)
    #expect(client.labels() == ["web"])
    #expect(client.fault(["kind": "twice", "method": "POST", "ms": 5000]) == 200)
    #expect(client.call("POST", "/instances", VultrClient.order("b")).status == 202)
    #expect(client.labels("label=b") == ["b"])
    client.wait(5000)
    #expect(client.labels("label=b") == ["b", "b"])
    #expect(client.cloud.frame.ledger.mostAlive { $0.name == "b" } == 2)
  }

  @Test func `A new instance may stay unseen for a while`() {
    let client = VultrClient()
    #expect(client.fault(["kind": "hidden", "ms": 5000]) == 200)
    let id = client.create() ?? ""
    #expect(client.call("GET", "/instances/\(id)").error == "instance not found")
    #expect(client.call("DELETE", "/instances/\(id)").status == 404 && client.labels("label=web").isEmpty)
    client.wait(5000)
    #expect(client.labels("label=web") == ["web"])
  }

  @Test func `A creation may fail later and take the instance with it`() {
    let client = VultrClient()
    #expect(client.fault(["kind": "create_fails", "ms": 3000]) == 200)
    let id = client.create() ?? ""
    client.wait(2999)
    #expect(client.instance(id)?["status"] == "pending")
    client.wait(1)
    #expect(client.instance(id) == nil && client.labels().isEmpty)
    #expect(client.cloud.frame.ledger.entries.first?.end == .failed)
    client.wait(100_000)
    #expect(client.labels().isEmpty && client.cloud.nextEvent == nil)
  }

  @Test func `An installation may never end, and then the instance can be deleted`() {
    let client = VultrClient()
    #expect(client.fault(["kind": "action_fails", "method": "POST"]) == 200)
    let id = client.create() ?? ""
    client.wait(3_600_000)
    #expect(client.state(id) == ["active", "running", "installingbooting", "198.18.0.1"])
    #expect(client.call("DELETE", "/instances/\(id)").status == 204)
  }

  @Test(arguments: ["action_fails", "ignore"])
  func `A change may be accepted and forgotten`(kind: String) {
    let client = VultrClient()
    let id = client.running()
    for (method, path) in [("DELETE", ""), ("POST", "/halt"), ("POST", "/reinstall")] {
      #expect(client.fault(["kind": .string(kind), "method": .string(method)]) == 200)
      let status = client.call(method, "/instances/\(id)\(path)").status
      #expect(status == (path == "/reinstall" ? 202 : 204))
      client.wait(60_000)
      #expect(client.state(id) == ["active", "running", "ok", "198.18.0.1"], "\(method) \(path)")
    }
    #expect(client.call("DELETE", "/instances/\(id)").status == 204)
  }

  @Test func `An instance may be locked for seconds when it is to be deleted`() {
    let client = VultrClient()
    let id = client.running()
    #expect(client.fault(["kind": "lock", "ms": 4000, "method": "DELETE"]) == 200)
    let answer = client.call("DELETE", "/instances/\(id)")
    #expect(answer.status == 500 && answer.error?.hasSuffix("Server is currently locked") == true)
    #expect(client.instance(id)?["server_status"] == "locked")
    client.wait(3999)
    #expect(client.call("DELETE", "/instances/\(id)").status == 500)
    client.wait(1)
    #expect(client.call("DELETE", "/instances/\(id)").status == 204)
  }

  @Test func `Stock may vanish between a look and the order, and come back`() {
    let client = VultrClient()
    func inStock() -> Bool? {
      client.call("GET", "/regions/ewr/availability").json?["available_plans"]?.array?.contains("vc2-1c-1gb")
    }
    #expect(client.fault(["kind": "stock_out", "ms": 10_000, "method": "POST"]) == 200)
    #expect(inStock() == true)
    let answer = client.call("POST", "/instances", VultrClient.order())
    #expect(answer.status == 400 && answer.error?.hasPrefix("Plan is not available") == true)
    #expect(inStock() == false && client.create() == nil && client.create("fra", [("region", "fra")]) != nil)
    client.wait(10_000)
    #expect(inStock() == true && client.create() != nil)
  }

  @Test func `The rate limit may strike and last`() {
    let client = VultrClient()
    #expect(client.fault(["kind": "rate_limit", "seconds": 3]) == 200)
    #expect(client.call("GET", "/instances").status == 429)
    client.wait(2999)
    #expect(client.call("GET", "/instances").status == 429)
    client.wait(1)
    #expect(client.call("GET", "/instances").status == 200)
  }

  @Test func `A read may show the past after the present was seen`() {
    let client = VultrClient()
    #expect(client.fault(["kind": "stale", "ms": 2000, "method": "GET", "skip": 1]) == 200)
    client.create("a")
    client.wait(1000)
    #expect(client.labels() == ["a"])
    #expect(client.labels().isEmpty)
    #expect(client.labels() == ["a"])
  }

  @Test func `A token may be revoked by the request that it makes`() {
    let client = VultrClient()
    #expect(client.fault(["kind": "revoke_token", "method": "POST"]) == 200)
    #expect(client.create() != nil)
    #expect(client.call("GET", "/instances").status == 401)
  }

  @Test func `An address may stay reserved, to be paid, taken again, or released`() throws {
    let client = VultrClient()
    let id = client.running()
    #expect(client.fault(["kind": "keep_address", "method": "DELETE"]) == 200)
    _ = client.call("DELETE", "/instances/\(id)")
    client.wait(4000)
    let left = try #require(client.call("GET", "/reserved-ips").json?["reserved_ips"]?.array?.first)
    let address = try #require(left["id"]?.string)
    #expect(left["subnet"] == "198.18.0.1" && left["instance_id"] == "" && left["region"] == "ewr")
    let elsewhere = VultrClient.order("b", [("region", "fra"), ("reserved_ipv4", .string(address))])
    #expect(client.call("POST", "/instances", elsewhere).status == 400)
    let hidden: [(String, JSON)] = [
      ("reserved_ipv4", .string(address)), ("enable_ipv6", true), ("disable_public_ipv4", true),
    ]
    #expect(client.call("POST", "/instances", VultrClient.order("b", hidden)).status == 400)
    let next = client.running("b", [("reserved_ipv4", .string(address))])
    #expect(client.instance(next)?["main_ip"] == "198.18.0.1")
    let seen = client.call("GET", "/reserved-ips/\(address)").json?["reserved_ip"]
    #expect(seen?["instance_id"]?.string == next)
    #expect(client.call("DELETE", "/reserved-ips/\(address)").status == 400)
    _ = client.call("DELETE", "/instances/\(next)")
    client.wait(4000)
    #expect(client.call("DELETE", "/reserved-ips/\(address)").status == 204)
    #expect(client.call("DELETE", "/reserved-ips/\(address)").status == 404)
  }

  @Test func `A foreign instance can be planted, and any can vanish`() throws {
    let client = VultrClient()
    let body: JSON = ["name": "stranger", "tags": ["x"], "age_ms": 3_600_000, "region": "fra"]
    let id = try #require(client.call("POST", "/_sim/servers", body).json?["id"]?.string)
    let seen = client.instance(id)
    #expect(seen?["label"] == "stranger" && seen?["status"] == "active" && seen?["tags"] == ["x"])
    #expect(seen?["date_created"] == "2026-09-21T13:13:20+00:00" && seen?["default_password"] == nil)
    let listed = client.call("GET", "/_sim/servers").json?["servers"]?.array?.first
    #expect(listed?["id"]?.string == id && listed?["name"] == "stranger")
    #expect(client.call("DELETE", "/_sim/servers/\(id)").status == 200)
    #expect(client.instance(id) == nil && client.call("DELETE", "/_sim/servers/\(id)").status == 404)
    #expect(client.cloud.frame.ledger.entries.first?.end == .vanished)
    #expect(client.call("POST", "/_sim/servers", ["name": "a", "plan": "nope"]).status == 400)
    #expect(client.call("POST", "/_sim/servers", ["name": "a", "user_data": "%"]).status == 400)
    _ = client.call("POST", "/_sim/servers", ["name": "theirs", "project": "elsewhere"])
    #expect(client.labels().isEmpty && client.cloud.frame.ledger.open.count == 1)
  }

  @Test func `The clock may lie, and settings change by name or not at all`() {
    let client = VultrClient()
    #expect(
      client.call("POST", "/_sim/settings", ["skew_ms": 3_600_000, "create_ms": 5]).json?["create_ms"] == [5, 5])
    let id = client.create() ?? ""
    #expect(client.instance(id)?["date_created"] == "2026-09-21T15:13:20+00:00")
    #expect(client.call("POST", "/_sim/settings", ["create_ms": 6, "boot_ms": "soon"]).status == 400)
    #expect(client.call("POST", "/_sim/settings", ["colour": 6]).status == 400)
    #expect(client.cloud.settings.create == Span(5) && client.call("GET", "/_sim").json?["cloud"] == "vultr")
    #expect(client.call("POST", "/_sim/clock", ["advance_ms": 60_000]).status == 200)
    #expect(client.instance(id)?["server_status"] == "ok")
  }

  @Test func `A configuration sets everything up`() throws {
    let client = VultrClient()
    let config: JSON = [
      "settings": ["source": "192.0.2.1"], "tokens": [["token": "next", "sources": ["192.0.2.1"]]],
      "stock": [["plan": "vc2-1c-1gb", "region": "ewr", "available": false]],
      "servers": [["name": "old"]], "faults": [["kind": "lock", "method": "DELETE"]],
    ]
    try client.cloud.configure(config)
    client.token = "next"
    #expect(client.labels() == ["old"] && client.create() == nil && client.cloud.frame.faults.rules.count == 1)
  }
}
