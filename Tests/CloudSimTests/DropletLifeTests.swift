import CloudSim
import HTTP
import Testing

@Suite struct DropletLifeTests {
  private func act(_ client: DropletClient, _ id: Int64, _ type: String) -> Answer {
    client.call("POST", "/droplets/\(id)/actions", ["type": .string(type)])
  }

  @Test func `While something happens to a droplet, everything else is refused`() {
    let client = DropletClient()
    let id = client.create() ?? 0
    let refused = client.call("DELETE", "/droplets/\(id)")
    #expect(refused.status == 422 && refused.text == "Droplet already has a pending event.")
    #expect(act(client, id, "reboot").text == "Droplet already has a pending event.")
    #expect(client.droplet(id)?["locked"] == true)
    client.wait(40_000)
    #expect(act(client, id, "reboot").status == 201)
    #expect(client.call("DELETE", "/droplets/\(id)").status == 422)
    client.wait(10_000)
    #expect(client.call("DELETE", "/droplets/\(id)").status == 204)
  }

  @Test func `A deleted droplet is there for some seconds, then 404`() {
    let client = DropletClient()
    let id = client.active()
    let deleted = client.send("DELETE", "/v2/droplets/\(id)").response
    #expect(deleted.status == 204 && deleted.body.isEmpty)
    #expect(client.status(id) == "active" && client.call("DELETE", "/droplets/\(id)").status == 422)
    client.wait(4000)
    #expect(client.status(id) == nil && client.call("DELETE", "/droplets/\(id)").status == 404)
    #expect(client.call("GET", "/droplets/\(id)/actions").status == 404)
    let actions = client.call("GET", "/actions").json?["actions"]?.array ?? []
    #expect(actions.compactMap { $0["type"]?.string } == ["destroy", "create"])
    let entry = client.cloud.frame.ledger.entries.first
    #expect(entry?.end == .deleted && entry?.id == String(id))
  }

  @Test func `Power goes and comes, and shutdown only asks`() {
    let client = DropletClient()
    let id = client.active()
    let off = act(client, id, "power_off").json?["action"]
    #expect(off?["type"] == "power_off" && off?["status"] == "in-progress")
    client.wait(6000)
    #expect(client.status(id) == "off")
    #expect(client.call("GET", "/actions/\(off?["id"]?.int ?? 0)").json?["action"]?["status"] == "completed")
    #expect(client.cloud.frame.ledger.open.count == 1, "a droplet that is off is billed")
    _ = act(client, id, "power_on")
    client.wait(6000)
    #expect(client.status(id) == "active")
    let shutdown = act(client, id, "shutdown").json?["action"]?["id"]?.int ?? 0
    client.wait(12_000)
    #expect(client.status(id) == "off")
    #expect(client.call("GET", "/droplets/\(id)/actions/\(shutdown)").json?["action"]?["status"] == "completed")
  }

  @Test(arguments: ["reboot", "power_cycle"])
  func `A restart leaves the droplet active and port 22 silent until it is up again`(type: String) {
    let client = DropletClient()
    let id = client.active()
    #expect(client.status(id) == "active" && client.cloud.droplets.first?.listening == true)
    _ = act(client, id, type)
    #expect(client.status(id) == "active" && client.cloud.droplets.first?.listening == false)
    client.wait(20_000)
    #expect(client.status(id) == "active" && client.cloud.droplets.first?.listening == true)
  }

  @Test func `A droplet can be renamed`() {
    let client = DropletClient()
    let id = client.active("old")
    let body: JSON = ["type": "rename", "name": "new"]
    #expect(client.call("POST", "/droplets/\(id)/actions", body).status == 201)
    #expect(client.names() == ["new"] && client.cloud.frame.ledger.entries.first?.name == "old")
    client.wait(10_000)
    #expect(client.call("POST", "/droplets/\(id)/actions", ["type": "rename", "name": "a_b"]).status == 422)
  }

  @Test(
    arguments: [
      [:], ["type": 1], ["type": "dance"], ["type": "rebuild", "image": 1], ["type": "reboot", "name": "x"],
      ["type": "rename"], [],
    ] as [JSON])
  func `An action that is none, or is not simulated, is refused`(body: JSON) {
    let client = DropletClient()
    let id = client.active()
    #expect(client.call("POST", "/droplets/\(id)/actions", body).status == 422)
    #expect(client.call("GET", "/droplets/\(id)/actions").total == 1)
  }

  @Test func `Actions belong to their droplet`() throws {
    let client = DropletClient()
    let (a, b) = (client.active("a"), client.active("b"))
    let action = try #require(client.call("GET", "/droplets/\(a)/actions").json?["actions"]?.array?.first?["id"]?.int)
    #expect(client.call("GET", "/droplets/\(a)/actions/\(action)").status == 200)
    #expect(client.call("GET", "/droplets/\(b)/actions/\(action)").status == 404)
  }

  @Test func `Deleting by tag takes every droplet that shows it, of this project`() {
    let client = DropletClient()
    _ = client.active("a", [("tags", ["x"])])
    _ = client.active("b")
    client.create("young", [("tags", ["x"])])
    _ = client.call("POST", "/_sim/servers", ["name": "theirs", "project": "elsewhere", "tags": ["x"]])
    #expect(client.call("DELETE", "/droplets").status == 422)
    #expect(client.call("DELETE", "/droplets?tag_name=x").status == 204)
    client.wait(40_000)
    #expect(client.names() == ["b", "young"] && client.cloud.droplets.count == 3)
  }

  @Test func `The machine under the VMs is told what to do, with ids as text`() throws {
    let client = DropletClient()
    _ = client.call("POST", "/account/keys", ["name": "a", "public_key": .string(Client.keyA)])
    let key = JSON.string(PublicKey(Client.keyA)?.fingerprint ?? "")
    let id = client.active("web.example", [("user_data", "#!/bin/sh\n"), ("ssh_keys", [key])])
    client.cloud.settle(to: client.now)
    let spec = VMSpec(
      id: String(id), name: "web.example", address: "198.18.0.1", userData: "#!/bin/sh\n",
      authorizedKeys: [Client.keyA])
    #expect(client.cloud.takeCommands() == [.start(spec)])
    _ = act(client, id, "power_off")
    client.wait(6000)
    _ = client.status(id)
    #expect(client.cloud.takeCommands() == [.stop(id: String(id))])
    _ = client.call("DELETE", "/droplets/\(id)")
    client.wait(6000)
    _ = client.status(id)
    #expect(client.cloud.takeCommands() == [.stop(id: String(id)), .remove(id: String(id))])
  }

  @Test func `A foreign droplet can be planted, and any droplet can vanish`() throws {
    let client = DropletClient()
    let body: JSON = ["name": "stranger", "tags": ["x"], "age_ms": 3_600_000]
    let id = try #require(client.call("POST", "/_sim/servers", body).json?["id"]?.int)
    let seen = client.droplet(id)
    #expect(seen?["status"] == "active" && seen?["tags"] == ["x"] && client.names("?tag_name=x") == ["stranger"])
    #expect(seen?["created_at"]?.string == Timestamp.text(client.now - 3_600_000))
    let listed = client.call("GET", "/_sim/servers").json?["servers"]?.array?.first
    #expect(listed?["tags"] == ["x"] && listed?["project"] == "default")
    #expect(client.call("POST", "/_sim/servers", ["name": "x", "size": "none"]).status == 400)
    #expect(client.call("DELETE", "/_sim/servers/\(id)").status == 200 && client.status(id) == nil)
    #expect(client.call("DELETE", "/_sim/servers/\(id)").status == 404)
    #expect(client.call("GET", "/_sim/ledger").json?["servers"]?.array?.first?["end"] == "vanished")
  }

  @Test func `Instants may lie off the clock`() {
    let client = DropletClient()
    _ = client.call("POST", "/_sim/settings", ["skew_ms": 3_600_000])
    let id = client.create() ?? 0
    #expect(client.droplet(id)?["created_at"]?.string == Timestamp.text(client.now + 3_600_000))
  }

  @Test func `Settings change by name, and a wrong one changes nothing`() {
    let client = DropletClient()
    #expect(client.call("POST", "/_sim/settings", ["create_ms": 5, "name_filter_ms": [1, 2]]).status == 200)
    #expect(client.call("POST", "/_sim/settings", ["create_ms": 6, "tags_ms": "soon"]).status == 400)
    #expect(client.call("POST", "/_sim/settings", ["unique_names": true]).status == 400)
    #expect(client.cloud.settings.create == Span(5) && client.cloud.settings.nameFilter == Span(1, 2))
    #expect(client.call("GET", "/_sim").json?["cloud"] == "digitalocean")
  }
}
