import CloudSim
import Testing

@Suite struct VultrLifeTests {
  @Test func `An instance cannot be deleted before it is installed, unless the settings say so`() {
    let client = VultrClient()
    let id = client.create() ?? ""
    let locked: JSON = [
      "error": "Unable to destroy server: Unable to remove VM: Server is currently locked", "status": 500,
    ]
    #expect(client.call("DELETE", "/instances/\(id)").json == locked)
    client.wait(14_000)
    #expect(client.instance(id)?["server_status"] == "installingbooting")
    #expect(client.call("DELETE", "/instances/\(id)").json == locked)
    #expect(client.call("POST", "/instances/\(id)/halt").status == 500)
    client.wait(30_000)
    #expect(client.call("DELETE", "/instances/\(id)").status == 204)
    _ = client.call("POST", "/_sim/settings", ["lock_while_busy": false])
    let early = client.create() ?? ""
    #expect(client.call("DELETE", "/instances/\(early)").status == 204)
  }

  @Test func `A delete takes some seconds, a second one is told so, and then all of it is gone`() {
    let client = VultrClient()
    let id = client.running()
    #expect(client.call("DELETE", "/instances/\(id)").status == 204)
    #expect(client.labels() == ["web"])
    let again = client.call("DELETE", "/instances/\(id)")
    #expect(again.error == "Unable to destroy server: Server is already pending destruction.")
    #expect(client.call("POST", "/instances/\(id)/start").status == 500)
    client.wait(3500)
    #expect(client.call("GET", "/instances/\(id)").json == ["error": "instance not found", "status": 404])
    #expect(client.call("DELETE", "/instances/\(id)").status == 404)
    #expect(client.labels().isEmpty && client.call("GET", "/reserved-ips").json?["reserved_ips"] == [])
    #expect(client.cloud.frame.ledger.entries.first?.end == .deleted)
  }

  @Test func `Halt, start and reboot show in the power status`() {
    let client = VultrClient()
    let id = client.running()
    #expect(client.call("POST", "/instances/\(id)/halt").status == 204)
    #expect(client.instance(id)?["power_status"] == "running")
    client.wait(3000)
    #expect(client.state(id) == ["active", "stopped", "ok", "198.18.0.1"])
    #expect(client.call("POST", "/instances/\(id)/halt").status == 204)
    #expect(client.call("POST", "/instances/\(id)/reboot").status == 204)
    client.wait(3000)
    #expect(client.instance(id)?["power_status"] == "stopped")
    #expect(client.call("POST", "/instances/\(id)/start").status == 204)
    client.wait(3000)
    #expect(client.instance(id)?["power_status"] == "running")
    #expect(client.call("POST", "/instances/\(id)/reboot").status == 204)
    #expect(client.call("POST", "/instances/\(id)/reboot", ["hard": true]).status == 400)
    #expect(client.call("POST", "/instances/\(id)/shutdown").status == 404)
    // A halted one is billed like any other.
    #expect(client.cloud.frame.ledger.open.count == 1)
  }

  @Test func `The last of a halt and a start counts`() {
    let client = VultrClient()
    let id = client.running()
    _ = client.call("POST", "/instances/\(id)/halt")
    _ = client.call("POST", "/instances/\(id)/start")
    client.wait(10_000)
    #expect(client.instance(id)?["power_status"] == "running")
  }

  @Test func `Many are halted at once, or none where one is unknown`() {
    let client = VultrClient()
    let ids = [client.running("a"), client.running("b")].map(JSON.string)
    #expect(client.call("POST", "/instances/halt", ["instance_ids": .array(ids + ["nobody"])]).status == 404)
    #expect(client.call("POST", "/instances/halt", ["instance_ids": "all"]).status == 400)
    #expect(client.call("POST", "/instances/halt", [:]).status == 400)
    client.wait(3000)
    #expect(client.cloud.instances.allSatisfy { $0.powered })
    #expect(client.call("POST", "/instances/halt", ["instance_ids": .array(ids)]).status == 204)
    client.wait(3000)
    _ = client.labels()
    #expect(client.cloud.instances.allSatisfy { !$0.powered })
  }

  @Test func `Listings filter by label, tag, region and address, and an empty filter filters nothing`() {
    let client = VultrClient()
    let a = client.running("a", [("tags", ["x", "y z"])])
    client.create("b", [("region", "fra"), ("tag", "x")])
    #expect(client.labels("label=a") == ["a"] && client.labels("label=A").isEmpty)
    #expect(client.labels("tag=x") == ["a", "b"] && client.labels("tag=y%20z") == ["a"])
    #expect(client.labels("region=fra") == ["b"] && client.labels("region=moon").isEmpty)
    let ip = client.instance(a)?["main_ip"]?.string ?? ""
    #expect(client.labels("main_ip=\(ip)") == ["a"] && client.labels("main_ip=0.0.0.0") == ["b"])
    #expect(client.labels("label=") == ["a", "b"])
    #expect(client.labels("firewall_group_id=x").isEmpty)
    #expect(client.labels("tag=x&region=fra&label=b") == ["b"] && client.labels("tag=x&label=c").isEmpty)
    #expect(client.call("GET", "/instances?label=%").status == 400)
  }

  @Test func `A change replaces what it names and nothing else`() {
    let client = VultrClient()
    let id = client.running("a", [("tags", ["x"]), ("user_data", "YQ==")])
    let answer = client.call("PATCH", "/instances/\(id)", ["label": "b"])
    #expect(answer.status == 202 && answer.json?["instance"]?["tags"] == ["x"])
    #expect(client.call("PATCH", "/instances/\(id)", ["tags": ["y", "z"]]).json?["instance"]?["tags"] == ["y", "z"])
    #expect(client.instance(id)?["label"] == "b")
    _ = client.call("PATCH", "/instances/\(id)", ["user_data": "Yg==", "backups": "enabled", "enable_ipv6": true])
    #expect(client.call("GET", "/instances/\(id)/user-data").json?["user_data"]?["data"] == "Yg==")
    #expect(client.instance(id)?["features"] == ["auto_backups", "ipv6"])
    for wrong: JSON in [
      ["user_data": "%%%"], ["status": "active"], ["hostname": "x"], ["tags": "x"], ["attach_vpc": ["x"]],
      ["enable_vpc": true], ["os_id": 159], ["os_id": 2136, "app_id": 1], ["firewall_group_id": "x"],
      ["user_scheme": "x"], ["plan": "vc2-99c"], ["plan": "vc2-1c-1gb"],
    ] {
      #expect(client.call("PATCH", "/instances/\(id)", wrong).status == 400, "\(wrong)")
    }
    #expect(client.instance(id)?["label"] == "b")
  }

  @Test func `A larger plan is put in force with a restart`() {
    let client = VultrClient()
    let id = client.running()
    let answer = client.call("PATCH", "/instances/\(id)", ["plan": "vc2-2c-4gb"])
    #expect(answer.json?["instance"]?["status"] == "resizing" && answer.json?["instance"]?["ram"] == 4096)
    client.wait(20_000)
    #expect(client.state(id) == ["active", "running", "ok", "198.18.0.1"])
    _ = client.call("POST", "/_sim/stock", ["plan": "vc2-4c-8gb", "available": false])
    let refused = client.call("PATCH", "/instances/\(id)", ["plan": "vc2-4c-8gb"])
    #expect(refused.error?.hasPrefix("Plan is not available") == true)
    let keyless: JSON = ["token": "secret", "scopes": ["subscriptions"]]
    _ = client.call("POST", "/_sim/tokens", keyless)
    #expect(client.call("PATCH", "/instances/\(id)", ["plan": "vc2-6c-16gb"]).status == 403)
  }

  @Test func `A reinstall keeps the address, empties the disk and makes a new password`() {
    let client = VultrClient()
    let id = client.running("a", [("user_data", "IyEvYmluL3NoCg==")])
    let old = client.instance(id)?["default_password"]
    _ = client.cloud.takeCommands()
    #expect(client.call("POST", "/instances/\(id)/reinstall", ["hostname": "fresh"]).status == 202)
    #expect(client.state(id) == ["active", "running", "installingbooting", "198.18.0.1"])
    #expect(client.instance(id)?["default_password"] != old && client.instance(id)?["hostname"] == "fresh")
    #expect(client.call("POST", "/instances/\(id)/reinstall").status == 500)
    client.wait(40_000)
    _ = client.labels()
    let commands = client.cloud.takeCommands()
    guard case .start(let spec)? = commands.last, commands.count == 2 else {
      return #expect(Bool(false), "\(commands)")
    }
    #expect(commands.first == .remove(id: id) && spec.id != id && spec.name == "fresh")
    #expect(client.call("PATCH", "/instances/\(id)", ["os_id": "2284"]).json?["instance"]?["os_id"] == 2284)
    #expect(client.call("POST", "/instances/\(id)/reinstall", ["label": "x"]).status == 400)
  }

  @Test func `Port 22 answers some seconds after the instance is ok, with user_data decoded`() {
    let client = VultrClient()
    let id = client.create("web", [("user_data", "IyEvYmluL3NoCg=="), ("hostname", "host-1")]) ?? ""
    client.wait(60_000)
    _ = client.labels()
    guard case .start(let spec)? = client.cloud.takeCommands().last else { return #expect(Bool(false), "no start") }
    #expect(spec.id == id && spec.name == "host-1" && spec.userData == "#!/bin/sh\n" && spec.address == "198.18.0.1")
    #expect(client.cloud.instances.first?.listening == true)
    _ = client.call("POST", "/instances/\(id)/reboot")
    #expect(client.cloud.instances.first?.listening == false)
    client.wait(6000)
    _ = client.labels()
    #expect(client.cloud.takeCommands() == [.stop(id: id), .start(spec)])
    _ = client.call("POST", "/instances/\(id)/halt")
    client.wait(3000)
    _ = client.labels()
    #expect(client.cloud.takeCommands() == [.stop(id: id)])
    _ = client.call("POST", "/instances/\(id)/start")
    client.wait(9000)
    _ = client.labels()
    #expect(client.cloud.takeCommands() == [.start(spec)])
    _ = client.call("DELETE", "/instances/\(id)")
    client.wait(3500)
    _ = client.labels()
    #expect(client.cloud.takeCommands() == [.stop(id: id), .remove(id: id)])
  }

  @Test func `A thousand instances live and die with the ledger closed and every address back`() {
    var settings = VultrSettings.fast
    settings.serverLimit = 10
    let client = VultrClient(settings)
    for number in 0..<1000 {
      guard let id = client.create("s\(number % 7)") else { return #expect(Bool(false), "instance \(number)") }
      client.wait(100)
      #expect(client.call("DELETE", "/instances/\(id)").status == 204)
      client.wait(100)
      client.cloud.settle(to: client.now)
    }
    #expect(client.cloud.frame.ledger.entries.count == 1000 && client.cloud.frame.ledger.open.isEmpty)
    #expect(client.cloud.instances.isEmpty && client.cloud.nextEvent == nil)
  }
}
