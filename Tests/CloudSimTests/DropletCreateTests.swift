import CloudSim
import HTTP
import Testing

@Suite struct DropletCreateTests {
  @Test func `An order is answered before there is anything, with the action to follow`() throws {
    let client = DropletClient()
    let answer = client.call(
      "POST", "/droplets", DropletClient.order("web", [("tags", ["a:b"]), ("ipv6", true), ("monitoring", true)]))
    let droplet = try #require(answer.json?["droplet"])
    #expect(answer.status == 202 && droplet["status"] == "new" && droplet["networks"] == ["v4": [], "v6": []])
    #expect(droplet["tags"] == [] && droplet["size_slug"] == "s-1vcpu-1gb" && droplet["region"]?["slug"] == "fra1")
    #expect(droplet["features"] == ["droplet_agent", "ipv6", "monitoring", "private_networking"])
    let link = try #require(answer.json?["links"]?["actions"]?.array?.first)
    let action = try #require(link["id"]?.int)
    #expect(link["rel"] == "create" && link["href"]?.string == "https://api.digitalocean.com/v2/actions/\(action)")
    let id = try #require(droplet["id"]?.int)

    let running = client.call("GET", "/actions/\(action)").json?["action"]
    #expect(running?["status"] == "in-progress" && running?["completed_at"]?.isNull == true)
    #expect(running?["type"] == "create" && running?["resource_id"]?.int == id && running?["region_slug"] == "fra1")
    client.wait(25_000)
    let ended = client.call("GET", "/droplets/\(id)/actions/\(action)").json?["action"]
    #expect(ended?["status"] == "completed" && ended?["completed_at"]?.string != nil)
    let active = try #require(client.droplet(id))
    #expect(active["status"] == "active" && active["locked"] == false)
    let v4 = active["networks"]?["v4"]?.array ?? []
    #expect(v4.compactMap { $0["type"]?.string } == ["private", "public"])
    #expect(v4.last?["ip_address"] == "198.18.0.1" && active["networks"]?["v6"]?.array?.count == 1)
  }

  @Test func `Names are not unique`() {
    let client = DropletClient()
    #expect(client.create("twin") != nil && client.create("twin") != nil)
    client.wait(30_000)
    #expect(client.names("?name=twin") == ["twin", "twin"])
  }

  @Test func `Up to ten droplets can be ordered at once, all or none`() {
    let client = DropletClient()
    var body = DropletClient.order()
    body["name"] = nil
    body["names"] = ["a", "b", "c"]
    let answer = client.call("POST", "/droplets", body)
    #expect(answer.status == 202 && answer.names("droplets") == ["a", "b", "c"])
    #expect(answer.json?["links"]?["actions"]?.array?.count == 3)
    body["names"] = .array((0..<11).map { .string("n\($0)") })
    #expect(client.call("POST", "/droplets", body).status == 422)
    body["names"] = ["ok", "not_ok"]
    #expect(client.call("POST", "/droplets", body).status == 422)
    body["name"] = "both"
    #expect(client.call("POST", "/droplets", body).status == 422)
    #expect(client.cloud.droplets.count == 3)
  }

  @Test(
    arguments: [
      ("name", nil, "name is required"), ("size", nil, "size is required"), ("image", nil, "image is required"),
      ("name", 7, "name must be a string, not number"), ("image", true, "image must be a name or an id, not boolean"),
      ("ipv6", "yes", "ipv6 must be a boolean, not string"), ("ssh_keys", "a", "ssh_keys must be an array, not string"),
      ("tags", ["a", 1], "tags.1 must be a string, not number"), ("colour", "red", "colour unknown field"),
      ("backup_policy", ["plan": 1], "backup_policy.plan must be a string, not number"),
      ("name", "under_score", "Only valid hostname characters are allowed. (a-z, A-Z, 0-9, . and -)"),
      ("name", "ends-", "Only valid hostname characters are allowed. (a-z, A-Z, 0-9, . and -)"),
      ("size", "s-99", "You specified an invalid size for Droplet creation."),
      ("image", "plan9", "You specified an invalid image for Droplet creation."),
      ("image", 1, "You specified an invalid image for Droplet creation."),
      ("region", "mars1", "You specified an invalid region for Droplet creation."),
      ("region", "nyc2", "nyc2 is unavailable."), ("size", "s-16vcpu-32gb-intel", "This size is unavailable."),
      ("size", "gpu-4000adax1-20gb", "Size is not available in this region."),
      ("size", "gpu-mi300x1-192gb", "Size is not available in this region."),
      ("tags", ["a.b"], "tags may only hold letters, numbers, colons, dashes and underscores: a.b"),
      ("volumes", ["x"], "volumes not found"), ("vpc_uuid", "x", "vpc_uuid not found"),
    ] as [(String, JSON?, String)])
  func `An order that is not in order is refused in words`(field: String, value: JSON?, words: String) {
    let client = DropletClient()
    #expect(client.refusal([(field, value)]) == "422 unprocessable_entity \(words)")
    #expect(client.cloud.droplets.isEmpty)
  }

  @Test func `Null stands for nothing where clients are known to send it`() {
    #expect(DropletClient().refusal([("user_data", .null), ("ssh_keys", .null), ("tags", .null)]).isEmpty)
  }

  @Test func `A body that is no JSON is 400`() {
    let client = DropletClient()
    let request = HTTPRequest(
      method: "POST", path: "/v2/droplets", headers: [HTTPField("authorization", "Bearer secret")],
      body: Array("{".utf8))
    let answer = client.cloud.handle(request, at: client.now).response
    #expect(answer.status == 400 && answer.json?["message"] == "error parsing request body")
  }

  @Test func `user_data is plain and at most 64 KiB`() {
    let client = DropletClient()
    #expect(client.refusal([("user_data", .string(String(repeating: "x", count: 65_536)))]).isEmpty)
    #expect(client.cloud.droplets.first?.userData.utf8.count == 65_536)
    #expect(client.refusal([("user_data", .string(String(repeating: "x", count: 65_537)))]).contains("too long"))
  }

  @Test func `The disk must hold the image`() {
    let client = DropletClient()
    let small: [(String, JSON?)] = [("size", "s-1vcpu-512mb-10gb")]
    #expect(client.refusal(small).isEmpty)
    let refused = client.refusal(small + [("image", "docker-20-04")])
    #expect(refused == "422 unprocessable_entity Cannot create a droplet with a smaller disk than the image.")
  }

  @Test func `An image must be in the region, and not be retired`() {
    let client = DropletClient()
    let elsewhere = client.refusal([("image", "ubuntu-25-04-x64"), ("region", "sgp1")])
    #expect(elsewhere.contains("The image you specified is not available in the selected region"), "\(elsewhere)")
    let id = client.cloud.frame.world.catalog.image("debian-12-x64")?.id ?? 0
    #expect(client.refusal([("image", .int(id))]).isEmpty)
    #expect(client.call("POST", "/_sim/stock", ["image": "debian-12-x64", "status": "retired"]).status == 200)
    #expect(client.refusal([]).contains("invalid image"))
    #expect(client.call("GET", "/images/debian-12-x64").json?["image"]?["status"] == "retired")
  }

  @Test func `A region may be the beginning of a slug, or be left to the cloud`() throws {
    let client = DropletClient()
    func place(_ region: JSON?) -> String? {
      var body = DropletClient.order()
      body["region"] = region
      return client.call("POST", "/droplets", body).json?["droplet"]?["region"]?["slug"]?.string
    }
    #expect(place("nyc")?.hasPrefix("nyc") == true)
    #expect(place(nil) != nil && place("") != nil)
    _ = client.call("POST", "/_sim/stock", ["region": "nyc1", "available": false])
    #expect(place("nyc") == "nyc3")
  }

  @Test func `Both flags and the membership must hold`() {
    let client = DropletClient()
    for stock in [
      ["size": "s-1vcpu-1gb", "available": false], ["region": "fra1", "available": false],
      ["size": "s-1vcpu-1gb", "region": "fra1", "available": false],
      ["size": "s-1vcpu-1gb", "region": "fra1", "full": true],
    ] as [JSON] {
      let change = { (name: String, value: JSON) -> JSON in
        var body = stock
        body[name] = value
        return body
      }
      #expect(client.call("POST", "/_sim/stock", stock).status == 200)
      #expect(client.refusal([]).hasPrefix("422"), "\(stock.text)")
      let back = stock["full"] == nil ? change("available", true) : change("full", false)
      #expect(client.call("POST", "/_sim/stock", back).status == 200)
      #expect(client.refusal([]).isEmpty, "\(stock.text)")
    }
    // A size that the catalog lists may still be sold out.
    _ = client.call("POST", "/_sim/stock", ["size": "c-2", "region": "fra1", "full": true])
    let sizes = client.call("GET", "/sizes?per_page=200").json?["sizes"]?.array ?? []
    let listed = sizes.first { $0["slug"] == "c-2" }
    #expect(listed?["available"] == true && listed?["regions"]?.array?.contains("fra1") == true)
    #expect(client.refusal([("size", "c-2")]) == "422 unprocessable_entity Size is not available in this region.")
  }

  @Test(
    arguments: [
      ["size": "none"], ["region": "none"], ["full": true], ["available": true], ["image": "debian-12-x64"],
      ["image": "none", "status": "retired"], ["colour": 1],
    ] as [JSON])
  func `Stock that makes no sense is refused`(stock: JSON) {
    #expect(DropletClient().call("POST", "/_sim/stock", stock).status == 400)
  }

  @Test func `The droplet limit counts every droplet of the project`() {
    var settings = DigitalOceanSettings.realistic
    settings.dropletLimit = 2
    let client = DropletClient(settings)
    var pair = DropletClient.order()
    pair["name"] = nil
    pair["names"] = ["a", "b", "c"]
    #expect(
      client.call("POST", "/droplets", pair).text == "creating this/these droplet(s) will exceed your droplet limit")
    let id = client.active()
    #expect(client.create() != nil && client.create() == nil)
    _ = client.call("DELETE", "/droplets/\(id)")
    client.wait(10_000)
    #expect(client.create() != nil)
  }

  @Test func `Without public networking there is no public address, and no IPv6 either`() {
    let client = DropletClient()
    #expect(client.refusal([("public_networking", false), ("ipv6", true)]).hasPrefix("422"))
    let id = client.active("web", [("public_networking", false)])
    let v4 = client.droplet(id)?["networks"]?["v4"]?.array ?? []
    #expect(v4.compactMap { $0["type"]?.string } == ["private"])
  }

  @Test func `A droplet may name the VPC that others of the region are in`() throws {
    let client = DropletClient()
    let network = try #require(client.droplet(client.active())?["vpc_uuid"])
    #expect(client.refusal([("vpc_uuid", network)]).isEmpty)
    #expect(client.refusal([("vpc_uuid", network), ("region", "ams3")]).contains("vpc_uuid not found"))
  }
}
