import CloudSim
import HTTP
import Testing

@Suite struct FaultTests {
  @Test func `A dropped request was carried out or not, as the fault says`() {
    let client = Client()
    #expect(client.fault(["kind": "drop_unread", "method": "POST", "path": "/v1/servers$"]) == 200)
    #expect(client.call("POST", "/servers", Client.order()).status == nil)
    #expect(client.cloud.servers.isEmpty)
    #expect(client.fault(["kind": "drop_answer", "method": "POST", "path": "/v1/servers$"]) == 200)
    #expect(client.call("POST", "/servers", Client.order()).status == nil)
    #expect(client.cloud.servers.count == 1)
    #expect(client.call("POST", "/servers", Client.order()).status == 409)
  }

  @Test func `A 503 may follow a request that was carried out`() {
    let client = Client()
    let rule: JSON = [
      "kind": "respond", "method": "POST", "status": 503, "code": "unavailable", "execute": true,
      "headers": ["Retry-After": "7"],
    ]
    #expect(client.fault(rule) == 200)
    let answer = client.call("POST", "/servers", Client.order())
    #expect(answer.status == 503 && answer.code == "unavailable" && answer.header("retry-after") == "7")
    #expect(client.cloud.servers.count == 1)
    #expect(client.fault(["kind": "respond", "status": 401, "body": "{\"error\":\"Unauthorized IP\"}"]) == 200)
    #expect(client.call("GET", "/servers").json == ["error": "Unauthorized IP"])
  }

  @Test func `A rule skips, counts, and asks for method, path and query`() {
    let client = Client()
    #expect(client.fault(["kind": "respond", "method": "GET", "path": "/v1/images", "skip": 1, "count": 2]) == 200)
    let statuses = (0..<4).map { _ in client.call("GET", "/images").status }
    #expect(statuses == [200, 500, 500, 200])
    #expect(client.fault(["kind": "respond", "path": "/v1/servers/{}", "query": "page=2", "count": .null]) == 200)
    #expect(client.call("GET", "/servers?page=2").status == 200)
    #expect(client.call("GET", "/servers/1/actions?page=2").status == 500)
    #expect(client.call("GET", "/servers/1/actions?page=1").status == 404)
    #expect(client.call("DELETE", "/_sim/faults").status == 200)
    #expect(client.call("GET", "/servers/1/actions?page=2").status == 404)
  }

  @Test func `Answers come late, cut, garbled or with more fields`() throws {
    let client = Client()
    #expect(client.fault(["kind": "delay", "ms": 30_000]) == 200)
    let slow = client.send("GET", "/v1/servers")
    #expect(slow.delay == 30_000 && slow.response.status == 200)
    #expect(client.fault(["kind": "truncate", "bytes": 5]) == 200)
    let cut = client.send("POST", "/v1/servers", Client.order())
    #expect(cut.delivery == .truncated(bodyBytes: 5) && cut.seen?.body.count == 5 && cut.seen?.status == 201)
    #expect(client.fault(["kind": "garbage"]) == 200)
    #expect(client.call("GET", "/servers").json == nil)
    #expect(client.fault(["kind": "extra_fields"]) == 200)
    let answer = client.call("GET", "/servers")
    #expect(answer.json?["x_sim_extra"] != nil && answer.page?["x_sim_extra"] != nil)
    #expect(answer.json?["servers"]?.array?.first?["x_sim_extra"] != nil)
  }

  @Test func `A request may be carried out long after its client left`() {
    let client = Client()
    #expect(client.fault(["kind": "late", "ms": 60_000, "method": "POST"]) == 200)
    #expect(client.call("POST", "/servers", Client.order()).status == nil)
    #expect(client.cloud.nextEvent == client.now + 60_000)
    client.wait(59_999)
    #expect(client.call("GET", "/servers").names("servers").isEmpty)
    client.wait(1)
    #expect(client.call("GET", "/servers").names("servers") == ["web"])
    #expect(client.cloud.frame.ledger.entries.first?.created == client.now)
  }

  @Test func `A request carried out twice makes two servers only where names are not unique`() {
    let client = Client()
    #expect(client.fault(["kind": "twice", "method": "POST"]) == 200)
    #expect(client.call("POST", "/servers", Client.order()).status == 201)
    #expect(client.cloud.servers.count == 1)
    _ = client.call("POST", "/_sim/settings", ["unique_names": false])
    #expect(client.fault(["kind": "twice", "method": "POST"]) == 200)
    #expect(client.call("POST", "/servers", Client.order("b")).status == 201)
    #expect(client.call("GET", "/servers?name=b").names("servers") == ["b", "b"])
    #expect(client.cloud.frame.ledger.mostAlive { $0.name == "b" } == 2)
  }

  @Test func `A new server may stay unseen for a while`() throws {
    let client = Client()
    #expect(client.fault(["kind": "hidden", "ms": 5000]) == 200)
    let id = try #require(client.create())
    #expect(client.call("GET", "/servers/\(id)").status == 404)
    #expect(client.call("GET", "/servers").names("servers").isEmpty)
    client.wait(5000)
    #expect(client.call("GET", "/servers").names("servers") == ["web"])
  }

  @Test func `A creation may fail later and take the server with it`() throws {
    let client = Client()
    #expect(client.fault(["kind": "create_fails", "ms": 3000, "code": "resource_unavailable", "message": ""]) == 200)
    let answer = client.call("POST", "/servers", Client.order())
    #expect(answer.status == 201)
    let action = try #require(answer.json?["action"]?["id"]?.int)
    client.wait(3000)
    let seen = client.call("GET", "/actions/\(action)").json?["action"]
    #expect(seen?["status"] == "error" && seen?["error"] == ["code": "resource_unavailable", "message": ""])
    #expect(client.call("GET", "/servers").names("servers").isEmpty)
    #expect(client.cloud.frame.ledger.entries.first?.end == .failed)
  }

  @Test func `An action may fail and leave the server as it was`() throws {
    let client = Client()
    let id = client.running()
    #expect(client.fault(["kind": "action_fails", "method": "DELETE"]) == 200)
    #expect(client.call("DELETE", "/servers/\(id)").status == 200)
    client.wait(4000)
    #expect(client.status(id) == "running")
    #expect(client.call("DELETE", "/servers/\(id)").status == 200)
  }

  @Test func `A server may be locked for seconds when it is to be deleted`() {
    let client = Client()
    let id = client.running()
    #expect(client.fault(["kind": "lock", "ms": 4000, "method": "DELETE"]) == 200)
    #expect(client.call("DELETE", "/servers/\(id)").status == 423)
    client.wait(3999)
    #expect(client.call("DELETE", "/servers/\(id)").status == 423)
    client.wait(1)
    #expect(client.call("DELETE", "/servers/\(id)").status == 200)
  }

  @Test func `Stock may vanish between a look and the order, and come back`() {
    let client = Client()
    #expect(client.fault(["kind": "stock_out", "ms": 10_000, "method": "POST"]) == 200)
    #expect(client.call("POST", "/servers", Client.order()).status == 412)
    #expect(client.call("POST", "/servers", Client.order()).status == 412)
    client.wait(10_000)
    #expect(client.call("POST", "/servers", Client.order()).status == 201)
  }

  @Test func `The rate limit may strike and last`() {
    let client = Client()
    #expect(client.fault(["kind": "rate_limit", "seconds": 3]) == 200)
    let answer = client.call("GET", "/servers")
    #expect(answer.status == 429 && answer.header("ratelimit-remaining") == "0")
    client.wait(2999)
    #expect(client.call("GET", "/servers").status == 429)
    client.wait(1)
    #expect(client.call("GET", "/servers").status == 200)
  }

  @Test func `A read may show the past after the present was seen`() {
    let client = Client()
    #expect(client.fault(["kind": "stale", "ms": 2000, "method": "GET", "skip": 1]) == 200)
    client.create("a")
    client.wait(1000)
    #expect(client.call("GET", "/servers").names("servers") == ["a"])
    #expect(client.call("GET", "/servers").names("servers").isEmpty)
    #expect(client.call("GET", "/servers").names("servers") == ["a"])
  }

  @Test func `An object may vanish between two pages of a listing`() {
    let client = Client()
    for number in 0..<4 { client.create("s\(number)") }
    #expect(client.fault(["kind": "delete_listed", "query": "page=1"]) == 200)
    let first = client.call("GET", "/servers?per_page=2&page=1")
    let second = client.call("GET", "/servers?per_page=2&page=2")
    // s2 moved to the page that had been read already.
    #expect(first.names("servers") == ["s0", "s1"] && second.names("servers") == ["s3"])
    #expect(first.page?["total_entries"]?.int == 4 && second.page?["total_entries"]?.int == 3)
  }

  @Test func `A token may be revoked by the request that it makes`() {
    let client = Client()
    #expect(client.fault(["kind": "revoke_token", "method": "POST"]) == 200)
    #expect(client.call("POST", "/servers", Client.order()).status == 201)
    #expect(client.call("GET", "/servers").status == 401)
  }

  @Test func `An address may stay unassigned, and is billed to whoever forgets it`() throws {
    let client = Client()
    let id = client.running()
    #expect(client.fault(["kind": "keep_address", "method": "DELETE"]) == 200)
    _ = client.call("DELETE", "/servers/\(id)")
    client.wait(4000)
    let left = client.call("GET", "/primary_ips").json?["primary_ips"]?.array ?? []
    #expect(left.count == 2 && left.allSatisfy { $0["assignee_id"]?.isNull == true && $0["auto_delete"] == false })
    let address = try #require(left.first?["id"]?.int)
    #expect(client.call("DELETE", "/primary_ips/\(address)").status == 204)
  }

  @Test func `A rule that makes no sense is refused with what is known`() {
    let client = Client()
    #expect(client.fault(["kind": "explode"]) == 400)
    #expect(client.fault(["kind": "delay", "ms": "long"]) == 400)
    #expect(client.fault(["kind": "delay", "colour": "red"]) == 400)
    #expect(client.call("PUT", "/_sim/faults", [["kind": "delay"], ["kind": "nope"]]).status == 400)
    #expect(client.cloud.frame.faults.rules.isEmpty)
    for kind in Fault.Kind.names {
      #expect(client.fault(["kind": .string(kind)]) == 200, "\(kind)")
      #expect(client.cloud.frame.faults.rules.last?.kind.name == kind)
    }
  }
}
