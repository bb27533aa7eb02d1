import CloudSim
import HTTP
import Testing

@Suite struct AccessTests {
  @Test func `An unknown path is 404 even without a token`() {
    let client = Client()
    client.token = ""
    let answer = client.call("GET", "/nonsense")
    #expect(answer.status == 404 && answer.message == "api route not found")
    #expect(client.call("GET", "/../servers").status == 404)
    #expect(client.send("GET", "/v2/servers").response.status == 404)
  }

  @Test func `A missing token and a wrong one are told apart`() {
    let client = Client()
    client.token = ""
    #expect(client.call("GET", "/servers").message == "token is required")
    client.token = "wrong"
    let answer = client.call("GET", "/servers")
    #expect(answer.status == 401 && answer.code == "unauthorized")
    #expect(answer.message == "the token you have provided is invalid")
  }

  @Test func `A read-only token reads and changes nothing`() {
    let client = Client()
    #expect(client.call("POST", "/_sim/tokens", ["token": "reader", "read_only": true]).status == 200)
    client.token = "reader"
    #expect(client.call("GET", "/servers").status == 200)
    let answer = client.call("POST", "/servers", Client.order())
    #expect(answer.status == 401 && answer.code == "token_readonly")
    #expect(client.cloud.servers.isEmpty)
  }

  @Test func `A token of another project sees complete and empty listings`() {
    let client = Client()
    client.create()
    #expect(client.call("POST", "/_sim/tokens", ["token": "other", "project": "elsewhere"]).status == 200)
    client.token = "other"
    let answer = client.call("GET", "/servers")
    #expect(answer.status == 200 && answer.page?["total_entries"]?.int == 0)
    // Names are unique in a project only.
    #expect(client.create() != nil)
  }

  @Test func `A token can be revoked between two requests`() {
    let client = Client()
    #expect(client.call("GET", "/servers").status == 200)
    #expect(client.call("POST", "/_sim/tokens", ["token": "secret", "revoked": true]).status == 200)
    #expect(client.call("GET", "/servers").status == 401)
    #expect(client.call("POST", "/_sim/tokens", ["token": "secret", "revoked": false]).status == 200)
    #expect(client.call("GET", "/servers").status == 200)
  }

  @Test func `A known path with a wrong method is 405`() {
    let client = Client()
    #expect(client.call("DELETE", "/servers").code == "method_not_allowed")
    #expect(client.call("PATCH", "/ssh_keys/1").status == 405)
  }

  @Test func `Every answer has an id for support`() {
    let client = Client()
    let first = client.call("GET", "/servers").header("x-correlation-id")
    let second = client.call("GET", "/nonsense").header("x-correlation-id")
    #expect(first?.isEmpty == false && first != second)
  }

  @Test func `What was removed says so`() {
    let client = Client()
    #expect(client.call("GET", "/datacenters").code == "deprecated_api_endpoint")
    let answer = client.call("GET", "/actions")
    #expect(answer.status == 410 && answer.json?["error"]?["details"]?["announcement"]?.string != nil)
  }

  @Test func `The quota is spent, refused, and given back one a second`() {
    var settings = HetznerSettings.realistic
    settings.rateLimit = 3
    let client = Client(settings)
    let first = client.call("GET", "/servers")
    #expect(first.header("ratelimit-limit") == "3" && first.header("ratelimit-remaining") == "2")
    #expect(first.header("ratelimit-reset") == String(client.now / 1000 + 1))
    _ = client.call("GET", "/servers")
    #expect(client.call("GET", "/servers").status == 200)
    let refused = client.call("GET", "/servers")
    #expect(refused.status == 429 && refused.code == "rate_limit_exceeded")
    #expect(refused.header("ratelimit-remaining") == "0")
    client.wait(999)
    #expect(client.call("GET", "/servers").status == 429)
    client.wait(1)
    #expect(client.call("GET", "/servers").status == 200)
    #expect(client.call("GET", "/servers").status == 429)
  }

  @Test func `Projects have quotas of their own`() {
    var settings = HetznerSettings.realistic
    settings.rateLimit = 1
    let client = Client(settings)
    _ = client.call("POST", "/_sim/tokens", ["token": "other", "project": "elsewhere"])
    _ = client.call("POST", "/_sim/tokens", ["token": "twin"])
    #expect(client.call("GET", "/servers").status == 200)
    client.token = "twin"
    #expect(client.call("GET", "/servers").status == 429)
    client.token = "other"
    #expect(client.call("GET", "/servers").status == 200)
  }
}
