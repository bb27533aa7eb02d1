import CloudSim
import HTTP
import Testing

@Suite struct AdminTests {
  @Test func `The ledger bills every begun second from creation to the end`() {
    let client = Client()
    let id = client.running("web")
    #expect(client.call("GET", "/_sim/ledger").json?["open"]?.int == 1)
    client.wait(70_001)
    #expect(client.call("GET", "/_sim/ledger").json?["total_seconds"]?.int == 101)
    _ = client.call("DELETE", "/servers/\(id)")
    client.wait(3_600_000)
    let entry = client.call("GET", "/_sim/ledger").json?["servers"]?.array?.first
    #expect(entry?["end"] == "deleted" && entry?["name"] == "web")
    #expect((entry?["seconds"]?.int).map { (102...105).contains($0) } == true)
  }

  @Test func `Requests are counted by method and template`() {
    let client = Client()
    _ = client.call("GET", "/servers/7")
    _ = client.call("GET", "/servers/8")
    _ = client.call("GET", "/servers?name=x")
    let log = client.call("GET", "/_sim/requests?limit=1").json
    #expect(log?["total"]?.int == 3)
    #expect(log?["counts"]?.array?.contains(["method": "GET", "template": "/v1/servers/{id}", "count": 2]) == true)
    #expect(log?["log"]?.array?.count == 1 && log?["log"]?.array?.first?["query"] == "name=x")
    #expect(client.cloud.frame.log.count("GET", "/v1/servers/{id}") == 2)
    #expect(client.call("DELETE", "/_sim/requests").json?["total"]?.int == 0)
  }

  @Test func `A foreign server can be planted, and any server can vanish`() throws {
    let client = Client()
    let body: JSON = ["name": "stranger", "labels": ["x": "y"], "age_ms": 3_600_000]
    let id = try #require(client.call("POST", "/_sim/servers", body).json?["id"]?.int)
    let seen = client.call("GET", "/servers/\(id)").json?["server"]
    #expect(seen?["name"] == "stranger" && seen?["status"] == "running" && seen?["labels"] == ["x": "y"])
    #expect(seen?["created"]?.string == Timestamp.text(client.now - 3_600_000))
    #expect(client.call("DELETE", "/_sim/servers/\(id)").status == 200)
    #expect(client.call("GET", "/servers/\(id)").status == 404)
    #expect(client.call("DELETE", "/_sim/servers/\(id)").status == 404)
    #expect(client.cloud.frame.ledger.entries.first?.end == .vanished)
  }

  @Test func `The clock can be moved, and what is due happens`() {
    let client = Client()
    let id = client.create() ?? 0
    #expect(client.call("POST", "/_sim/clock", ["advance_ms": 60_000]).status == 200)
    #expect(client.status(id) == "running")
    #expect(client.call("GET", "/_sim/clock").json?["now_ms"]?.int == client.now + 60_000)
    #expect(client.call("POST", "/_sim/clock", ["advance_ms": -1]).status == 400)
    let other = client.create("b") ?? 0
    let next = client.cloud.nextEvent ?? 0
    #expect(next > client.now && next < client.now + 12_000)
    client.now = next - 1
    #expect(client.status(other) == "initializing")
  }

  @Test func `Settings change by name, and a wrong one changes nothing`() {
    let client = Client()
    let changed = client.call("POST", "/_sim/settings", ["create_ms": 5, "boot_ms": [1, 2], "skew_ms": 3_600_000])
    #expect(changed.json?["create_ms"] == [5, 5] && changed.json?["boot_ms"] == [1, 2])
    #expect(client.call("POST", "/_sim/settings", ["create_ms": 6, "delete_ms": "soon"]).status == 400)
    #expect(client.call("POST", "/_sim/settings", ["creat_ms": 6]).status == 400)
    #expect(client.cloud.frame.world.settings.create == Span(5))
    let made = client.call("POST", "/servers", Client.order()).json?["server"]?["created"]?.string
    #expect(made == Timestamp.text(client.now + 3_600_000))
  }

  @Test func `Time never goes back`() {
    let client = Client()
    let id = client.running()
    #expect(client.status(id) == "running")
    client.now -= 60_000
    #expect(client.status(id) == "running")
  }

  @Test func `Unknown admin paths and bodies that are no JSON are refused`() {
    let client = Client()
    #expect(client.call("GET", "/_sim/nothing").status == 404)
    #expect(client.call("GET", "/_sim").json?["cloud"] == "hetzner")
    #expect(client.send("POST", "/_sim/stock").response.status == 400)
    #expect(client.cloud.frame.log.total == 0)
  }
}
