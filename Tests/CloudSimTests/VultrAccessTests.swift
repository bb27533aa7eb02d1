import CloudSim
import HTTP
import Testing

@Suite struct VultrAccessTests {
  @Test func `An error says what and which status, and no more`() {
    let client = VultrClient()
    let answer = client.call("GET", "/instances/nothing")
    #expect(answer.status == 404 && answer.json == ["error": "instance not found", "status": 404])
    #expect(client.call("GET", "/nonsense").status == 404)
    #expect(client.call("GET", "/../instances").status == 404)
    #expect(client.call("GET", "/instances/").status == 404)
    #expect(client.send("GET", "/v1/instances").response.status == 404)
    #expect(client.call("PUT", "/instances").status == 405)
    #expect(client.call("POST", "/plans", [:]).status == 405)
  }

  @Test func `Without a token, with a wrong one and with a revoked one the answer is the same`() {
    let client = VultrClient()
    let invalid: JSON = ["error": "Invalid API token.", "status": 401]
    client.token = ""
    #expect(client.call("GET", "/instances").json == invalid)
    client.token = "wrong"
    #expect(client.call("GET", "/account").json == invalid)
    client.token = "secret"
    #expect(client.call("GET", "/instances").status == 200)
    #expect(client.call("POST", "/_sim/tokens", ["token": "secret", "revoked": true]).status == 200)
    #expect(client.call("GET", "/instances").json == invalid)
  }

  @Test(
    arguments: ["/regions", "/regions/ewr/availability", "/plans", "/plans-metal", "/os", "/applications"])
  func `Catalogs need no token`(path: String) {
    let client = VultrClient()
    client.token = ""
    #expect(client.call("GET", path).status == 200)
    client.token = "wrong"
    #expect(client.call("GET", path).status == 200)
  }

  @Test func `A key with an access list is refused from other addresses, which are named`() {
    let client = VultrClient()
    let list: JSON = ["token": "secret", "sources": ["192.0.2.0/24", "2001:db8::7"]]
    #expect(client.call("POST", "/_sim/tokens", list).status == 200)
    let answer = client.call("GET", "/instances")
    #expect(answer.json == ["error": "Unauthorized IP address: 203.0.113.10", "status": 401])
    for (source, status) in [
      ("192.0.2.200", 200), ("192.0.3.1", 401), ("2001:db8::7", 200), ("2001:db8::8", 401), ("nonsense", 401),
    ] {
      client.source = source
      let answer = client.call("GET", "/account")
      #expect(answer.status == status, "\(source)")
      if status == 401 { #expect(answer.error == "Unauthorized IP address: \(source)") }
    }
    // Catalogs are for everybody.
    #expect(client.call("GET", "/plans").status == 200)
    client.source = nil
    #expect(client.call("POST", "/_sim/settings", ["source": "192.0.2.9"]).status == 200)
    #expect(client.call("GET", "/instances").status == 200)
    #expect(client.call("POST", "/_sim/tokens", ["token": "secret", "sources": []]).status == 200)
    client.source = "198.51.100.1"
    #expect(client.call("GET", "/instances").status == 200)
  }

  @Test(arguments: ["192.0.2", "192.0.2.1/33", "192.0.2.1/x", "192.0.2.256", "example.com", "2001:db8::/32"])
  func `An access list holds addresses and IPv4 networks`(entry: String) {
    let client = VultrClient()
    let answer = client.call("POST", "/_sim/tokens", ["token": "secret", "sources": [.string(entry)]])
    #expect(answer.status == 400 && answer.error?.contains(entry) == true)
    #expect(client.call("GET", "/instances").status == 200)
  }

  @Test func `A key does what its ACLs allow, and the account tells which those are`() {
    let client = VultrClient()
    let id = client.running()
    #expect(client.call("GET", "/account").json?["account"]?["acls"]?.array?.contains("provisioning") == true)
    #expect(client.call("POST", "/_sim/tokens", ["token": "viewer", "read_only": true]).status == 200)
    client.token = "viewer"
    #expect(client.call("GET", "/account").json?["account"]?["acls"] == ["subscriptions_view"])
    #expect(client.labels() == ["web"])
    for (method, path, body) in [
      ("POST", "/instances", VultrClient.order()), ("DELETE", "/instances/\(id)", [:]),
      ("PATCH", "/instances/\(id)", ["label": "x"]), ("POST", "/instances/\(id)/halt", [:]),
      ("POST", "/ssh-keys", ["name": "a", "ssh_key": .string(Client.keyA)]),
    ] as [(String, String, JSON)] {
      #expect(client.call(method, path, body).status == 403, "\(method) \(path)")
    }
    let maker: JSON = ["token": "maker", "scopes": ["provisioning"]]
    #expect(client.call("POST", "/_sim/tokens", maker).status == 200)
    client.token = "maker"
    #expect(client.create("b") != nil)
    let refused = client.call("GET", "/instances")
    #expect(refused.status == 403 && refused.problem?.contains("subscriptions") == true)
    #expect(client.call("POST", "/_sim/tokens", ["token": "maker", "scopes": .null]).status == 200)
    #expect(client.labels() == ["b", "web"])
  }

  @Test func `A token of another account sees nothing of this one`() {
    let client = VultrClient()
    let id = client.running()
    let key = client.call("POST", "/ssh-keys", ["name": "a", "ssh_key": .string(Client.keyA)])
    let keyID = key.json?["ssh_key"]?["id"]?.string ?? ""
    #expect(client.call("POST", "/_sim/tokens", ["token": "other", "project": "elsewhere"]).status == 200)
    client.token = "other"
    let list = client.call("GET", "/instances")
    #expect(list.status == 200 && list.json?["instances"] == [] && list.total == 0 && list.next == "")
    #expect(client.call("GET", "/ssh-keys").json?["ssh_keys"] == [])
    for (method, path) in [
      ("GET", "/instances/\(id)"), ("DELETE", "/instances/\(id)"), ("POST", "/instances/\(id)/reboot"),
      ("GET", "/instances/\(id)/user-data"), ("GET", "/ssh-keys/\(keyID)"), ("DELETE", "/ssh-keys/\(keyID)"),
    ] {
      #expect(client.call(method, path).status == 404, "\(method) \(path)")
    }
    let foreign = client.call("POST", "/instances", VultrClient.order("x", [("sshkey_id", [.string(keyID)])]))
    #expect(foreign.status == 400 && foreign.problem?.hasPrefix("sshkey_id") == true)
    #expect(client.cloud.instances.count == 1)
  }

  @Test func `Thirty requests in any second are let through from one address, and no header tells`() {
    let client = VultrClient()
    client.source = "192.0.2.1"
    for _ in 0..<29 { #expect(client.call("GET", "/regions").status == 200) }
    client.wait(900)
    #expect(client.call("GET", "/account").status == 200)
    let refused = client.call("GET", "/account")
    #expect(refused.status == 429 && refused.json?["status"] == 429 && refused.error?.isEmpty == false)
    #expect(refused.headers.allSatisfy { !$0.name.contains("limit") && $0.name != "retry-after" })
    // Unknown paths and wrong tokens count as well.
    #expect(client.call("GET", "/nonsense").status == 429)
    client.source = "192.0.2.2"
    #expect(client.call("GET", "/account").status == 200)
    client.source = "192.0.2.1"
    client.wait(99)
    #expect(client.call("GET", "/account").status == 429)
    client.wait(1)
    // What came within the first millisecond has expired; what came at 900 has not.
    #expect((0..<30).map { _ in client.call("GET", "/account").status ?? 0 }.filter { $0 == 200 }.count == 29)
  }
}
