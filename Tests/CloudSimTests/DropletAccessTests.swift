import CloudSim
import HTTP
import Testing

@Suite struct DropletAccessTests {
  @Test(arguments: ["", "wrong"])
  func `Without a known token nothing is answered, not even what is not there`(token: String) {
    let client = DropletClient()
    client.token = token
    for path in ["/droplets", "/nonsense"] {
      let answer = client.call("GET", path)
      #expect(answer.status == 401 && answer.id == "Unauthorized" && answer.text == "Unable to authenticate you")
    }
  }

  @Test func `What is not there is 404 with an error that has id, message and request id`() {
    let client = DropletClient()
    for (method, path) in [
      ("GET", "/nonsense"), ("GET", "/droplets/1"), ("GET", "/droplets/x"), ("PATCH", "/droplets"),
      ("GET", "/actions/1"),
      ("GET", "/account/keys/1"), ("GET", "/images/plan9"), ("DELETE", "/droplets/99999999999999999999"),
    ] {
      let answer = client.call(method, path, [:])
      #expect(answer.status == 404 && answer.id == "not_found", "\(method) \(path): \(answer)")
      #expect(answer.json?["request_id"]?.string == answer.header("x-request-id"))
    }
    #expect(client.send("GET", "/v1/droplets").response.status == 404)
  }

  @Test func `A read-only token reads and changes nothing`() {
    let client = DropletClient()
    _ = client.call("POST", "/_sim/tokens", ["token": "reader", "read_only": true])
    client.token = "reader"
    #expect(client.call("GET", "/droplets").status == 200)
    let answer = client.call("POST", "/droplets", DropletClient.order())
    #expect(answer.status == 403 && answer.id == "Forbidden" && client.cloud.droplets.isEmpty)
  }

  @Test func `A token does only what its scopes allow, and does not see fields without them`() {
    let client = DropletClient()
    let id = client.active("web", [("tags", ["x"])])
    func scopes(_ scopes: JSON) { _ = client.call("POST", "/_sim/tokens", ["token": "secret", "scopes": scopes]) }
    scopes(["droplet:read", "droplet:create", "image:read"])
    #expect(client.droplet(id)?["tags"] == nil && client.droplet(id)?["image"]?["slug"] == "debian-12-x64")
    #expect(client.call("GET", "/droplets").json?["droplets"]?.array?.first?["tags"] == nil)
    #expect(client.call("GET", "/droplets?tag_name=x").status == 403)
    #expect(client.refusal([]).isEmpty && client.refusal([("tags", ["x"])]).hasPrefix("403 Forbidden"))
    #expect(client.refusal([("ssh_keys", [1])]).hasPrefix("403"))
    for (method, path) in [
      ("DELETE", "/droplets/\(id)"), ("POST", "/droplets/\(id)/actions"), ("GET", "/account"), ("GET", "/sizes"),
      ("GET", "/account/keys"), ("GET", "/actions"), ("DELETE", "/droplets?tag_name=x"),
    ] {
      #expect(client.call(method, path, ["type": "reboot"]).status == 403, "\(method) \(path)")
    }
    scopes(["droplet:read", "tag:read"])
    #expect(client.names("?tag_name=x") == ["web"] && client.droplet(id)?["image"] == nil)
    scopes(.null)
    #expect(client.droplet(id)?["tags"] == ["x"] && client.call("DELETE", "/droplets/\(id)").status == 204)
  }

  @Test func `A token of another project sees complete and empty listings, and another account`() {
    let client = DropletClient()
    let id = client.active()
    let mine = client.call("GET", "/account").json?["account"]
    _ = client.call("POST", "/_sim/tokens", ["token": "other", "project": "elsewhere"])
    client.token = "other"
    #expect(client.call("GET", "/droplets").total == 0 && client.status(id) == nil)
    #expect(client.call("DELETE", "/droplets/\(id)").status == 404)
    #expect(client.call("GET", "/actions").total == 0)
    let theirs = client.call("GET", "/account").json?["account"]
    #expect(mine?["uuid"]?.string?.count == 40 && mine?["uuid"] != theirs?["uuid"])
    #expect(mine?["team"]?["uuid"]?.string?.isEmpty == false && mine?["team"]?["uuid"] != theirs?["team"]?["uuid"])
  }

  @Test func `The account says what may be had, and stays the same over time and simulators`() {
    let client = DropletClient(seed: 1)
    let account = client.call("GET", "/account").json?["account"]
    #expect(account?["status"] == "active" && account?["droplet_limit"]?.int == 1000)
    client.wait(3_600_000)
    #expect(client.call("GET", "/account").json?["account"] == account)
    #expect(DropletClient(seed: 2).call("GET", "/account").json?["account"] == account)
    _ = client.call("POST", "/_sim/settings", ["account_status": "locked", "droplet_limit": 3])
    let changed = client.call("GET", "/account").json?["account"]
    #expect(changed?["status"] == "locked" && changed?["droplet_limit"]?.int == 3)
  }

  @Test func `A token can be revoked between two requests`() {
    let client = DropletClient()
    #expect(client.fault(["kind": "revoke_token"]) == 200)
    #expect(client.call("GET", "/droplets").status == 200)
    #expect(client.call("GET", "/droplets").status == 401)
  }

  @Test func `The hour's quota slides, and says when its oldest request expires`() {
    var settings = DigitalOceanSettings.realistic
    settings.hourLimit = 2
    let client = DropletClient(settings)
    let first = client.call("GET", "/account")
    #expect(first.header("ratelimit-limit") == "2" && first.header("ratelimit-remaining") == "1")
    #expect(first.header("ratelimit-reset") == String(client.now / 1000 + 3600))
    client.wait(1_800_000)
    #expect(client.call("GET", "/account").status == 200)
    let refused = client.call("GET", "/account")
    #expect(refused.status == 429 && refused.id == "too_many_requests")
    #expect(refused.text == "API Rate limit exceeded.")
    #expect(refused.header("ratelimit-remaining") == "0" && refused.header("retry-after") == nil)
    client.wait(1_800_000)
    #expect(client.call("GET", "/account").status == 200)
    #expect(client.call("GET", "/account").status == 429)
  }

  @Test func `The minute's quota is 250, and a burst above it says when to retry`() {
    let client = DropletClient()
    for _ in 0..<250 { #expect(client.call("GET", "/account").status == 200) }
    client.wait(20_500)
    let refused = client.call("GET", "/account")
    #expect(refused.status == 429 && refused.header("retry-after") == "40")
    #expect(refused.header("ratelimit-remaining") == "4750")
    client.wait(39_500)
    #expect(client.call("GET", "/account").status == 200)
  }

  @Test func `Tokens have quotas of their own`() {
    var settings = DigitalOceanSettings.realistic
    settings.minuteLimit = 1
    let client = DropletClient(settings)
    _ = client.call("POST", "/_sim/tokens", ["token": "twin"])
    #expect(client.call("GET", "/droplets").status == 200)
    #expect(client.call("GET", "/droplets").status == 429)
    client.token = "twin"
    #expect(client.call("GET", "/droplets").status == 200)
  }

  @Test func `Keys can be listed ten times a minute, and one key asked for more often`() {
    let client = DropletClient()
    _ = client.call("POST", "/account/keys", ["name": "a", "public_key": .string(Client.keyA)])
    for _ in 0..<10 { #expect(client.call("GET", "/account/keys").status == 200) }
    client.wait(1000)
    let refused = client.call("GET", "/account/keys")
    #expect(refused.status == 429 && refused.header("retry-after") == "59")
    let fingerprint = PublicKey(Client.keyA)?.fingerprint ?? ""
    #expect(client.call("GET", "/account/keys/\(fingerprint)").status == 200)
    #expect(client.call("GET", "/droplets").status == 200)
    client.wait(59_000)
    #expect(client.call("GET", "/account/keys").status == 200)
  }
}
