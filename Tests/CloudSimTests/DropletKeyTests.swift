import CloudSim
import Testing

@Suite struct DropletKeyTests {
  private func make(_ client: DropletClient, _ line: String = Client.keyA) -> Answer {
    client.call("POST", "/account/keys", ["name": "laptop", "public_key": .string(line)])
  }

  @Test func `A key is found by id and by fingerprint, renamed and deleted`() throws {
    let client = DropletClient()
    let made = make(client)
    let key = try #require(made.json?["ssh_key"])
    let id = try #require(key["id"]?.int)
    let fingerprint = try #require(key["fingerprint"]?.string)
    #expect(made.status == 201 && key["public_key"]?.string == Client.keyA && key["name"] == "laptop")
    #expect(client.call("GET", "/account/keys/\(id)").json?["ssh_key"] == key)
    #expect(client.call("GET", "/account/keys/\(fingerprint)").json?["ssh_key"] == key)
    let encoded = fingerprint.split(separator: ":").joined(separator: "%3A")
    #expect(client.call("GET", "/account/keys/\(encoded)").json?["ssh_key"] == key)
    #expect(client.call("PUT", "/account/keys/\(id)", ["name": "desk"]).json?["ssh_key"]?["name"] == "desk")
    #expect(client.call("PUT", "/account/keys/\(id)", ["public_key": "x"]).status == 422)
    #expect(client.call("DELETE", "/account/keys/\(fingerprint)").status == 204)
    #expect(client.call("GET", "/account/keys/\(id)").status == 404)
    #expect(client.call("DELETE", "/account/keys/\(id)").status == 404)
  }

  @Test func `A key that is there already is refused, whatever its name; names may repeat`() {
    let client = DropletClient()
    #expect(make(client).status == 201)
    let twin = make(client)
    #expect(twin.status == 422 && twin.text == "SSH Key is already in use on your account")
    #expect(make(client, Client.keyB).status == 201)
    #expect(client.call("GET", "/account/keys").names("ssh_keys") == ["laptop", "laptop"])
    _ = client.call("POST", "/_sim/tokens", ["token": "other", "project": "elsewhere"])
    client.token = "other"
    #expect(make(client).status == 201)
  }

  @Test(arguments: ["ssh-ed25519 AAAA", "hello", "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUW"])
  func `What is no key is refused`(line: String) {
    #expect(make(DropletClient(), line).text == "Key invalid, key should be of the format `type key [comment]`")
  }

  @Test(
    arguments: [[:], ["name": "a"], ["name": 1, "public_key": "x"], ["name": "a", "public_key": "x", "id": 1]] as [JSON]
  )
  func `A body that is not as described is refused`(body: JSON) {
    #expect(DropletClient().call("POST", "/account/keys", body).status == 422)
  }

  @Test func `Droplets are made with keys by id or fingerprint, and keep them when they are deleted`() throws {
    let client = DropletClient()
    let a = try #require(make(client).json?["ssh_key"]?["id"]?.int)
    let b = try #require(make(client, Client.keyB).json?["ssh_key"]?["fingerprint"]?.string)
    client.create("web", [("ssh_keys", [.int(a), .string(b)])])
    _ = client.call("DELETE", "/account/keys/\(a)")
    #expect(client.cloud.droplets.first?.authorizedKeys == [Client.keyA, Client.keyB])
    let refused = client.refusal([("ssh_keys", [.int(a), .string(b), "aa:bb"])])
    #expect(
      refused == "422 unprocessable_entity \(a), aa:bb are invalid key identifiers for Droplet creation.", "\(refused)")
  }

  @Test func `A new key may be unknown to droplets for a while`() throws {
    var settings = DigitalOceanSettings.realistic
    settings.keyUse = Span(3000)
    let client = DropletClient(settings)
    let id = try #require(make(client).json?["ssh_key"]?["id"]?.int)
    client.wait(2999)
    #expect(client.refusal([("ssh_keys", [.int(id)])]).contains("invalid key identifiers"))
    client.wait(1)
    #expect(client.refusal([("ssh_keys", [.int(id)])]).isEmpty)
  }
}
