import CloudSim
import Testing

@Suite struct LifeTests {
  @Test func `A server is locked while an action runs`() throws {
    let client = Client()
    let id = try #require(client.create())
    let early = client.call("DELETE", "/servers/\(id)")
    #expect(early.status == 423 && early.code == "locked")
    client.wait(30_000)
    #expect(client.call("POST", "/servers/\(id)/actions/poweroff").status == 201)
    #expect(client.call("POST", "/servers/\(id)/actions/poweron").code == "locked")
    client.wait(3000)
    #expect(client.status(id) == "off")
  }

  @Test func `A shutdown action succeeds before the server is off, and may be ignored`() throws {
    let client = Client()
    let id = client.running()
    let action = try #require(
      client.call("POST", "/servers/\(id)/actions/shutdown").json?["action"]?["id"]?.int)
    client.wait(3000)
    #expect(client.call("GET", "/actions/\(action)").json?["action"]?["status"] == "success")
    #expect(client.status(id) == "running")
    client.wait(5000)
    #expect(client.status(id) == "off")

    let deaf = client.running("deaf")
    #expect(client.fault(["kind": "ignore", "path": "/v1/servers/{}/actions/shutdown"]) == 200)
    _ = client.call("POST", "/servers/\(deaf)/actions/shutdown")
    client.wait(60_000)
    #expect(client.status(deaf) == "running")
  }

  @Test func `A delete ends in 404 and takes the address along`() {
    let client = Client()
    let id = client.running()
    let answer = client.call("DELETE", "/servers/\(id)")
    #expect(answer.status == 200 && answer.json?["action"]?["command"] == "delete_server")
    #expect(client.status(id) == "deleting")
    #expect(client.call("DELETE", "/servers/\(id)").status == 423)
    client.wait(3500)
    #expect(client.call("GET", "/servers/\(id)").code == "not_found")
    #expect(client.call("DELETE", "/servers/\(id)").status == 404)
    #expect(client.call("GET", "/servers").names("servers").isEmpty)
    #expect(client.call("GET", "/primary_ips").names("primary_ips").isEmpty)
    let action = answer.json?["action"]?["id"]?.int ?? 0
    #expect(client.call("GET", "/actions/\(action)").json?["action"]?["status"] == "success")
  }

  @Test func `A protected server is not deleted`() {
    let client = Client()
    let id = client.running()
    _ = client.call("POST", "/servers/\(id)/actions/change_protection", ["delete": true, "rebuild": true])
    client.wait(3000)
    let answer = client.call("DELETE", "/servers/\(id)")
    #expect(answer.status == 423 && answer.code == "protected")
    _ = client.call("POST", "/servers/\(id)/actions/change_protection", ["delete": false, "rebuild": false])
    client.wait(3000)
    #expect(client.call("DELETE", "/servers/\(id)").status == 200)
  }

  @Test func `Labels are replaced, not merged`() throws {
    let client = Client()
    let id = try #require(client.create("web", [("labels", ["a": "1", "b": "2"])]))
    let answer = client.call("PUT", "/servers/\(id)", ["labels": ["c": "3"]])
    #expect(answer.json?["server"]?["labels"] == ["c": "3"])
    #expect(client.call("PUT", "/servers/\(id)", ["name": "other"]).json?["server"]?["labels"] == ["c": "3"])
    #expect(client.call("PUT", "/servers/\(id)", ["status": "off"]).status == 422)
  }

  @Test func `Listings filter by name, status and label, and sort`() {
    let client = Client()
    client.create("b", [("labels", ["env": "prod"])])
    client.create("a", [("labels", ["env": "test"])])
    client.wait(30_000)
    client.create("c")
    #expect(client.call("GET", "/servers").names("servers") == ["b", "a", "c"])
    #expect(client.call("GET", "/servers?sort=name").names("servers") == ["a", "b", "c"])
    #expect(client.call("GET", "/servers?sort=name:desc").names("servers") == ["c", "b", "a"])
    #expect(client.call("GET", "/servers?sort=colour").status == 422)
    #expect(client.call("GET", "/servers?name=a").names("servers") == ["a"])
    #expect(client.call("GET", "/servers?status=initializing").names("servers") == ["c"])
    #expect(client.call("GET", "/servers?status=running&status=off").names("servers") == ["b", "a"])
    #expect(client.call("GET", "/servers?status=dizzy").status == 422)
    #expect(client.call("GET", "/servers?label_selector=env%20in%20(prod,dev)").names("servers") == ["b"])
    #expect(client.call("GET", "/servers?label_selector=env").names("servers") == ["b", "a"])
  }

  @Test func `Pages are counted, bounded and linked`() {
    let client = Client()
    for number in 0..<7 { client.create("s\(number)") }
    let middle = client.call("GET", "/servers?page=2&per_page=3")
    #expect(middle.names("servers") == ["s3", "s4", "s5"])
    let expected: JSON = [
      "page": 2, "per_page": 3, "previous_page": 1, "next_page": 3, "last_page": 3, "total_entries": 7,
    ]
    #expect(middle.page == expected)
    #expect(client.call("GET", "/servers?page=9&per_page=3").names("servers").isEmpty)
    for query in ["page=0", "page=-1", "page=x", "per_page=0", "per_page=51"] {
      #expect(client.call("GET", "/servers?\(query)").status == 422, "\(query)")
    }
  }

  @Test func `An exactly full last page may name a next one, and the last page may be unknown`() {
    let client = Client()
    for number in 0..<3 { client.create("s\(number)") }
    #expect(client.call("GET", "/servers?per_page=3").page?["next_page"]?.isNull == true)
    _ = client.call("POST", "/_sim/settings", ["next_on_full_page": true, "null_last_page": true])
    let full = client.call("GET", "/servers?per_page=3")
    #expect(full.page?["next_page"]?.int == 2 && full.page?["last_page"]?.isNull == true)
    let empty = client.call("GET", "/servers?per_page=3&page=2")
    #expect(empty.names("servers").isEmpty && empty.page?["next_page"]?.isNull == true)
  }

  @Test func `Port 22 answers some seconds after the server runs, and not while it is off`() throws {
    let client = Client()
    let id = try #require(client.create("web", [("user_data", "#!/bin/sh\n")]))
    client.wait(12_000)
    #expect(client.status(id) == "running")
    client.cloud.settle(to: client.now)
    client.wait(9000)
    client.cloud.settle(to: client.now)
    #expect(client.cloud.servers.first?.listening == true)
    let started = client.cloud.takeCommands()
    guard case .start(let spec)? = started.last else { return #expect(Bool(false), "no start: \(started)") }
    #expect(
      spec.id == String(id) && spec.name == "web" && spec.userData == "#!/bin/sh\n" && spec.address == "198.18.0.1")

    _ = client.call("POST", "/servers/\(id)/actions/poweroff")
    client.wait(3000)
    #expect(client.status(id) == "off")
    #expect(client.cloud.takeCommands() == [.stop(id: String(id))])
    _ = client.call("POST", "/servers/\(id)/actions/poweron")
    client.wait(20_000)
    _ = client.status(id)
    #expect(client.cloud.takeCommands() == [.start(spec)])
    _ = client.call("POST", "/servers/\(id)/actions/reset")
    client.wait(20_000)
    _ = client.status(id)
    #expect(client.cloud.takeCommands() == [.stop(id: String(id)), .start(spec)])
    _ = client.call("DELETE", "/servers/\(id)")
    client.wait(20_000)
    _ = client.status(id)
    #expect(client.cloud.takeCommands() == [.stop(id: String(id)), .remove(id: String(id))])
  }

  @Test func `Actions belong to their server and project`() throws {
    let client = Client()
    let id = client.running("a")
    let other = client.running("b")
    let actions = client.call("GET", "/servers/\(id)/actions?sort=id:desc").json?["actions"]?.array ?? []
    #expect(actions.compactMap { $0["command"]?.string } == ["start_server", "create_server"])
    let first = try #require(actions.first?["id"]?.int)
    #expect(client.call("GET", "/servers/\(id)/actions/\(first)").status == 200)
    #expect(client.call("GET", "/servers/\(other)/actions/\(first)").status == 404)
    _ = client.call("POST", "/_sim/tokens", ["token": "other", "project": "elsewhere"])
    client.token = "other"
    #expect(client.call("GET", "/actions/\(first)").status == 404)
    #expect(client.call("GET", "/servers/\(id)").status == 404)
    #expect(client.call("DELETE", "/servers/\(id)").status == 404)
  }

  @Test func `A thousand servers live and die with the ledger closed and every address back`() {
    var settings = HetznerSettings.fast
    settings.serverLimit = 10
    let client = Client(settings)
    for number in 0..<1000 {
      guard let id = client.create("s\(number % 7)") else { return #expect(Bool(false), "server \(number)") }
      client.wait(100)
      #expect(client.call("DELETE", "/servers/\(id)").status == 200)
      client.wait(100)
      client.cloud.settle(to: client.now)
    }
    #expect(client.cloud.frame.ledger.entries.count == 1000 && client.cloud.frame.ledger.open.isEmpty)
    #expect(client.cloud.frame.world.addresses.rows.isEmpty && client.cloud.nextEvent == nil)
  }
}
