import CloudSim
import HTTP
import Testing

@Suite struct VultrCreateTests {
  static let wrongFields: [(String, JSON)] = [
    ("region", "moon"), ("region", 7), ("region", .null), ("os_id", 1), ("os_id", "debian-12"), ("os_id", "2136"),
    ("app_id", "37"), ("os_id", .null),
    ("os_id", true), ("os_id", 159), ("os_id", 164), ("os_id", 186), ("label", 5), ("tags", "a"), ("tags", [1]),
    ("sshkey_id", "nobody"), ("user_data", "#!/bin/sh\n"), ("user_data", "QmFzZTY"),
    ("user_data", "QmFz\nZTY0"), ("user_data", 5), ("enable_ipv6", "yes"), ("activation_email", 0),
    ("backups", "yes"), ("backups", true), ("user_scheme", "admin"), ("hostname", "-web"), ("hostname", "web 1"),
    ("reserved_ipv4", "nobody"), ("firewall_group_id", "x"), ("script_id", "x"), ("attach_vpc", ["x"]),
    ("enable_vpc", true), ("vpc_only", true), ("ipxe_chain_url", "http://127.0.0.1"), ("lable", "x"),
    ("sshkey_ids", ["x"]), ("plan", "vc2-1c-0.5gb-v6"), ("app_variables", ["a": 1]),
  ]

  @Test func `An instance comes in steps, and 202 is no success`() throws {
    let client = VultrClient()
    let data = "I2Nsb3VkLWNvbmZpZwo="
    let answer = client.call(
      "POST", "/instances",
      VultrClient.order(
        "web 1", [("tags", ["a tag", "b"]), ("user_data", .string(data)), ("activation_email", false)]))
    #expect(answer.status == 202)
    let made = try #require(answer.json?["instance"])
    let id = try #require(made["id"]?.string)
    #expect(try id.wholeMatch(of: Regex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")) != nil)
    #expect(client.state(id) == ["pending", "running", "none", "0.0.0.0"])
    #expect(made["label"] == "web 1" && made["tags"] == ["a tag", "b"] && made["tag"] == "a tag")
    #expect(made["plan"] == "vc2-1c-1gb" && made["region"] == "ewr" && made["os_id"] == 2136 && made["ram"] == 1024)
    #expect(made["date_created"] == "2026-09-21T14:13:20+00:00" && made["hostname"] == "vultr")
    #expect(client.call("GET", "/instances/\(id)/ipv4").json?["ipv4s"] == [])

    client.wait(3000)
    #expect(client.state(id) == ["pending", "running", "locked", "198.18.0.1"])
    client.wait(10_000)
    #expect(client.state(id) == ["active", "running", "installingbooting", "198.18.0.1"])
    client.wait(25_000)
    #expect(client.state(id) == ["active", "running", "ok", "198.18.0.1"])
    #expect(client.call("GET", "/instances/\(id)/user-data").json == ["user_data": ["data": .string(data)]])
    let ips = client.call("GET", "/instances/\(id)/ipv4").json?["ipv4s"]?.array
    #expect(ips?.first?["ip"] == "198.18.0.1" && ips?.first?["type"] == "main_ip")
  }

  @Test func `The password is shown for ten minutes and never again`() {
    let client = VultrClient()
    let answer = client.call("POST", "/instances", VultrClient.order())
    let id = answer.json?["instance"]?["id"]?.string ?? ""
    let password = answer.json?["instance"]?["default_password"]?.string
    #expect(password?.isEmpty == false)
    client.wait(599_999)
    #expect(client.instance(id)?["default_password"]?.string == password)
    #expect(client.call("GET", "/instances").texts("instances", "default_password") == [password])
    client.wait(1)
    #expect(client.instance(id) != nil && client.instance(id)?["default_password"] == nil)
  }

  @Test func `Labels are shared without complaint`() {
    let client = VultrClient()
    #expect(client.create("web") != nil && client.create("web") != nil && client.create("") != nil)
    #expect(client.labels("label=web") == ["web", "web"])
  }

  @Test(arguments: wrongFields) func `A wrong field is a bad request`(wrong: (String, JSON)) {
    let client = VultrClient()
    let answer = client.call("POST", "/instances", VultrClient.order("web", [wrong]))
    #expect(answer.status == 400 && answer.json == ["error": "Bad request.", "status": 400], "\(wrong)")
    #expect(answer.problem?.contains(wrong.0) == true, "\(wrong): \(answer.problem ?? "")")
    #expect(client.cloud.instances.isEmpty && client.cloud.frame.ledger.entries.isEmpty)
  }

  @Test func `Fields may be null nowhere`() {
    let client = VultrClient()
    var order = VultrClient.order()
    order["tags"] = .null
    #expect(client.call("POST", "/instances", order).problem?.hasPrefix("tags: must be") == true)
  }

  @Test func `A body that is no JSON, or no object, is a bad request`() {
    let client = VultrClient()
    for text in ["{", "", "[]", "null"] {
      let reply = client.cloud.handle(
        HTTPRequest(
          method: "POST", path: "/v2/instances", headers: [HTTPField("authorization", "Bearer secret")],
          body: Array(text.utf8)), at: client.now)
      #expect(reply.response.status == 400, "\(text)")
    }
  }

  @Test func `It is made from exactly one thing`() {
    let client = VultrClient()
    let two = client.call("POST", "/instances", VultrClient.order("a", [("app_id", 1)]))
    #expect(two.status == 400 && two.problem?.contains("found os_id, app_id") == true)
    for (field, value) in [
      ("app_id", 999), ("app_id", 1028), ("image_id", "nothing"), ("snapshot_id", "x"), ("iso_id", "x"),
    ] as [(String, JSON)] {
      let answer = client.call("POST", "/instances", VultrClient.order("a", [("os_id", .null), (field, value)]))
      #expect(answer.status == 400 && answer.problem?.hasPrefix(field) == true, "\(field)")
    }
    let app = client.create("a", [("os_id", .null), ("app_id", 37)]) ?? ""
    #expect(client.instance(app)?["app_id"] == 37 && client.instance(app)?["os_id"] == 186)
    let image = client.create("b", [("os_id", .null), ("image_id", "openlitespeed-wordpress")]) ?? ""
    #expect(client.instance(image)?["image_id"] == "openlitespeed-wordpress")
    #expect(client.create("c", [("os_id", "2136")]) == nil, "text is no integer")
  }

  @Test func `A plan that does not exist is told apart from one that is not to be had`() {
    let client = VultrClient()
    for plan in ["vc2-99c", "vbm-4c-32gb"] {
      let answer = client.call("POST", "/instances", VultrClient.order("a", [("plan", .string(plan))]))
      #expect(answer.status == 400 && answer.error == "Invalid plan chosen.", "\(plan)")
    }
    // It can exist only elsewhere; it can exist here and is out of stock.
    for plan in ["vhf-8c-32gb", "vcg-a16-2c-8gb-2vram"] {
      let answer = client.call("POST", "/instances", VultrClient.order("a", [("plan", .string(plan))]))
      #expect(answer.status == 400, "\(plan)")
      #expect(answer.error?.hasPrefix("Plan is not available in the selected datacenter.") == true, "\(plan)")
    }
    #expect(client.cloud.instances.isEmpty)
  }

  @Test func `IPv6 comes on request, and IPv4 only then goes`() {
    let client = VultrClient()
    let both = client.running("both", [("enable_ipv6", true)])
    let seen = client.instance(both)
    #expect(seen?["v6_network"] == "2001:db8:0:1::" && seen?["v6_network_size"] == 64)
    #expect(seen?["v6_main_ip"] == "2001:db8:0:1:5400:4ff:fe00:1" && seen?["features"] == ["ipv6"])
    let six = client.running("six", [("enable_ipv6", true), ("disable_public_ipv4", true)])
    #expect(client.instance(six)?["main_ip"] == "" && client.instance(six)?["v6_main_ip"]?.string?.isEmpty == false)
    // Without IPv6 the wish to go without IPv4 is ignored.
    let four = client.running("four", [("disable_public_ipv4", true)])
    #expect(client.instance(four)?["main_ip"]?.string?.hasPrefix("198.18.") == true)
  }

  @Test func `Keys are copied when the instance is made`() throws {
    let client = VultrClient()
    let key = client.call("POST", "/ssh-keys", ["name": "one", "ssh_key": .string(Client.keyA)])
    let id = try #require(key.json?["ssh_key"]?["id"]?.string)
    client.create("web", [("sshkey_id", [.string(id)])])
    #expect(client.call("DELETE", "/ssh-keys/\(id)").status == 204)
    #expect(client.cloud.instances.first?.authorizedKeys == [Client.keyA])
    let gone = client.call("POST", "/instances", VultrClient.order("b", [("sshkey_id", [.string(id)])]))
    #expect(gone.json == ["error": "Invalid ssh key.", "status": 400])
    let named = client.call("POST", "/instances", VultrClient.order("b", [("sshkey_id", ["one"])]))
    #expect(named.json == ["error": "Invalid UUID format.", "status": 400])
  }

  @Test func `The quota of instances is a bad request with words`() {
    var settings = VultrSettings.realistic
    settings.serverLimit = 1
    let client = VultrClient(settings)
    client.create("a")
    let answer = client.call("POST", "/instances", VultrClient.order("b"))
    #expect(answer.status == 400 && answer.error?.contains("maximum number of active virtual machines") == true)
  }

  @Test func `The same seed gives the same ids and delays, another one others`() {
    func made(_ seed: UInt64) -> [String] {
      let client = VultrClient(seed: seed)
      return [client.create() ?? "", String(client.cloud.nextEvent ?? 0)]
    }
    #expect(made(7) == made(7) && made(7) != made(8))
  }
}

@Suite struct VultrKeyTests {
  @Test func `A key is made, found, changed and deleted`() throws {
    let client = VultrClient()
    let made = client.call("POST", "/ssh-keys", ["name": "one", "ssh_key": .string(Client.keyA)])
    #expect(made.status == 201)
    let key = try #require(made.json?["ssh_key"])
    let id = try #require(key["id"]?.string)
    #expect(key["ssh_key"]?.string == Client.keyA && key["date_created"]?.string?.hasSuffix("+00:00") == true)
    #expect(client.call("GET", "/ssh-keys").texts("ssh_keys", "name") == ["one"])
    #expect(client.call("PATCH", "/ssh-keys/\(id)", ["name": "uno", "ssh_key": .string(Client.keyB)]).status == 204)
    let seen = client.call("GET", "/ssh-keys/\(id)").json?["ssh_key"]
    #expect(seen?["name"] == "uno" && seen?["ssh_key"]?.string == Client.keyB)
    #expect(client.call("DELETE", "/ssh-keys/\(id)").status == 204)
    #expect(client.call("DELETE", "/ssh-keys/\(id)").json == ["error": "Invalid ssh key.", "status": 404])
    #expect(client.call("PATCH", "/ssh-keys/\(id)", ["name": "x"]).status == 404)
  }

  @Test func `The same key and name may be given twice`() {
    let client = VultrClient()
    for _ in 0..<2 {
      #expect(client.call("POST", "/ssh-keys", ["name": "one", "ssh_key": .string(Client.keyA)]).status == 201)
    }
    #expect(client.call("GET", "/ssh-keys?name=two").texts("ssh_keys", "name") == ["one", "one"])
  }

  @Test(arguments: ["", "ssh-ed25519", "ssh-ed25519 !!!!", "hello world"])
  func `What is no key is refused`(line: String) {
    let client = VultrClient()
    let answer = client.call("POST", "/ssh-keys", ["name": "one", "ssh_key": .string(line)])
    // An empty one is a bad request like any field of the wrong kind.
    #expect(answer.status == 400)
    #expect(line.isEmpty || answer.error?.contains("Keys should be in authorized_keys format") == true)
    #expect(client.call("POST", "/ssh-keys", ["name": "one", "public_key": .string(Client.keyA)]).status == 400)
  }
}
