import CloudSim
import HTTP
import Testing

@Suite struct CreateTests {
  static let wrongFields: [(String, JSON, String)] = [
    ("name", "under_score", "name"), ("name", "", "name"), ("name", 5, "name"),
    ("server_type", "cx99", "server_type"), ("server_type", .null, "server_type"), ("image", "debian-99", "image"),
    ("image", "docker-ce ", "image"), ("location", "moon", "location"), ("location", "sin", "location"),
    ("ssh_keys", ["nobody"], "ssh_keys"), ("ssh_keys", "nobody", "ssh_keys"), ("labels", [], "labels"),
    ("start_after_create", "yes", "start_after_create"), ("datacenter", "fsn1-dc14", "datacenter"),
    ("usr_data", "x", "usr_data"), ("public_net", ["enable_ipv5": true], "public_net.enable_ipv5"),
    ("volumes", [1], "volumes"), ("networks", ["x"], "networks.0"), ("placement_group", 1, "placement_group"),
  ]

  @Test func `A server is made, and its actions tell when it runs`() throws {
    let client = Client()
    let answer = client.call("POST", "/servers", Client.order("web", [("labels", ["env": "prod"])]))
    #expect(answer.status == 201)
    let server = try #require(answer.json?["server"])
    let id = try #require(server["id"]?.int)
    #expect(server["status"] == "initializing" && server["locked"] == true && server["labels"] == ["env": "prod"])
    #expect(server["public_net"]?["ipv4"]?["ip"]?.string == "198.18.0.1")
    #expect(server["public_net"]?["ipv6"]?["ip"]?.string?.hasSuffix("::/64") == true)
    #expect(server["created"]?.string == Timestamp.text(client.now))
    let create = try #require(answer.json?["action"])
    #expect(create["command"] == "create_server" && create["status"] == "running" && create["progress"] == 0)
    #expect(create["resources"] == [["id": .int(id), "type": "server"]])
    let next = try #require(answer.json?["next_actions"]?.array?.first)
    #expect(next["command"] == "start_server")
    // Without a key a password is made.
    #expect(answer.json?["root_password"]?.string?.isEmpty == false)

    client.wait(6000)
    #expect(client.status(id) == "initializing")
    client.wait(6000)
    #expect(client.status(id) == "running")
    let ids = [create, next].compactMap { $0["id"]?.int }.map { "id=\($0)" }.joined(separator: "&")
    let actions = client.call("GET", "/actions?\(ids)").json?["actions"]?.array ?? []
    #expect(actions.count == 2 && actions.allSatisfy { $0["status"] == "success" && $0["progress"] == 100 })
    #expect(client.call("GET", "/servers/\(id)").json?["server"]?["locked"] == false)
  }

  @Test func `The same seed gives the same delays, another one others`() {
    func runsAt(seed: UInt64) -> Int64? {
      let client = Client(seed: seed)
      client.create()
      return client.cloud.nextEvent
    }
    #expect(runsAt(seed: 7) == runsAt(seed: 7))
    #expect(Set((1...8).map { runsAt(seed: $0) }).count > 1)
  }

  @Test func `A key by name or id replaces the password`() throws {
    let client = Client()
    let key = client.call("POST", "/ssh_keys", ["name": "one", "public_key": .string(Client.keyA)])
    let id = try #require(key.json?["ssh_key"]?["id"]?.int)
    for (name, keys) in [("a", ["one"] as JSON), ("b", [.int(id)]), ("c", [.string(String(id))])] {
      let answer = client.call("POST", "/servers", Client.order(name, [("ssh_keys", keys)]))
      #expect(answer.status == 201 && answer.json?["root_password"]?.isNull == true)
    }
    #expect(client.cloud.servers.allSatisfy { $0.authorizedKeys == [Client.keyA] })
  }

  @Test(arguments: wrongFields) func `A wrong field is refused by its name`(wrong: (String, JSON, String)) {
    let (field, value, named) = wrong
    let client = Client()
    let answer = client.call("POST", "/servers", Client.order("web", [(field, value)]))
    #expect(answer.status == 422 && answer.code == "invalid_input" && answer.fields == [named])
    #expect(client.cloud.servers.isEmpty)
  }

  @Test func `Several wrong fields are named at once`() {
    let client = Client()
    let answer = client.call("POST", "/servers", ["extra": 1])
    #expect(answer.fields == ["name", "server_type", "image", "extra"])
    #expect(answer.message == "invalid input in fields 'name', 'server_type', 'image', 'extra'")
  }

  @Test func `A body that is no JSON is a JSON error`() {
    let client = Client()
    let reply = client.cloud.handle(
      .init(
        method: "POST", path: "/v1/servers", headers: [.init("authorization", "Bearer secret")],
        body: Array("{".utf8)), at: 0)
    #expect(reply.response.status == 400)
    #expect(reply.response.json?["error"]?["code"] == "json_error")
  }

  @Test func `user_data may have 32 KiB and no byte more`() {
    let client = Client()
    let fits = JSON.string(String(repeating: "x", count: 32_768))
    #expect(client.create("a", [("user_data", fits)]) != nil)
    let over = JSON.string(String(repeating: "x", count: 32_769))
    #expect(client.call("POST", "/servers", Client.order("b", [("user_data", over)])).fields == ["user_data"])
  }

  @Test func `The image must fit the architecture`() throws {
    let client = Client()
    #expect(client.create("arm", [("server_type", "cax11")]) != nil)
    #expect(client.cloud.servers.first?.image.architecture == "arm")
    let images = client.call("GET", "/images?name=debian-12&architecture=x86").json?["images"]?.array
    let x86 = try #require(images?.first?["id"])
    let answer = client.call("POST", "/servers", Client.order("b", [("server_type", "cax11"), ("image", x86)]))
    #expect(answer.status == 422 && answer.message == "image has incompatible architecture")
  }

  @Test func `A name is taken until its server is gone`() {
    let client = Client()
    let id = client.running("web")
    let twin = client.call("POST", "/servers", Client.order("web"))
    #expect(twin.status == 409 && twin.message == "server name is already used" && twin.fields == ["name"])
    #expect(client.call("DELETE", "/servers/\(id)").status == 200)
    #expect(client.call("POST", "/servers", Client.order("web")).status == 409)
    client.wait(4000)
    #expect(client.create("web") != nil)
    #expect(client.call("POST", "/_sim/settings", ["unique_names": false]).status == 200)
    #expect(client.create("web") != nil)
  }

  @Test func `Without a location one with stock is chosen`() {
    let client = Client()
    _ = client.call("POST", "/_sim/stock", ["location": "fsn1", "available": false])
    var order = Client.order()
    order["location"] = nil
    _ = client.call("POST", "/servers", order)
    #expect(client.cloud.servers.first?.location == "nbg1")
    _ = client.call("POST", "/_sim/stock", ["available": false])
    order["name"] = "b"
    #expect(client.call("POST", "/servers", order).status == 412)
  }

  @Test func `The quota of servers is a limit with a name`() {
    var settings = HetznerSettings.realistic
    settings.serverLimit = 1
    let client = Client(settings)
    client.create("a")
    let answer = client.call("POST", "/servers", Client.order("b"))
    #expect(answer.status == 403 && answer.code == "resource_limit_exceeded")
    #expect(answer.json?["error"]?["details"]?["limits"] == [["name": "server_limit"]])
  }

  @Test func `Addresses come as asked`() {
    let client = Client()
    let net: JSON = ["enable_ipv4": false, "enable_ipv6": true]
    let answer = client.call("POST", "/servers", Client.order("web", [("public_net", net)]))
    #expect(answer.json?["server"]?["public_net"]?["ipv4"]?.isNull == true)
    #expect(answer.json?["server"]?["public_net"]?["ipv6"]?.isNull == false)
    #expect(client.call("GET", "/primary_ips").names("primary_ips").count == 1)
  }

  @Test func `A server that is not to start is off in the end`() throws {
    let client = Client()
    let id = try #require(client.create("web", [("start_after_create", false)]))
    client.wait(30_000)
    #expect(client.status(id) == "off")
    #expect(client.call("POST", "/servers/\(id)/actions/poweron").status == 201)
    client.wait(30_000)
    #expect(client.status(id) == "running")
  }
}
