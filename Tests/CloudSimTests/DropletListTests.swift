import CloudSim
import Testing

@Suite struct DropletListTests {
  private func seen(_ client: DropletClient, after ms: Int64, _ query: String) -> [String] {
    client.wait(ms)
    return client.names(query)
  }

  @Test func `Tags appear only when the droplet is active, some time later even`() {
    var settings = DigitalOceanSettings.realistic
    settings.create = Span(10_000)
    settings.tags = Span(700)
    let client = DropletClient(settings)
    let id = client.create("web", [("tags", ["op:1"])]) ?? 0
    #expect(client.names("?tag_name=op:1").isEmpty && client.droplet(id)?["tags"] == [])
    client.wait(10_000)
    #expect(client.status(id) == "active" && client.droplet(id)?["tags"] == [])
    #expect(seen(client, after: 699, "?tag_name=op:1").isEmpty)
    #expect(seen(client, after: 1, "?tag_name=op:1") == ["web"] && client.droplet(id)?["tags"] == ["op:1"])
  }

  @Test func `A listing by name is empty for a while after the 202, one without a filter is not`() {
    var settings = DigitalOceanSettings.realistic
    settings.nameFilter = Span(2000)
    let client = DropletClient(settings)
    client.create("Web-1")
    #expect(client.names() == ["Web-1"] && client.names("?name=Web-1").isEmpty)
    #expect(seen(client, after: 1999, "?name=Web-1").isEmpty)
    #expect(seen(client, after: 1, "?name=Web-1") == ["Web-1"])
    #expect(client.names("?name=web-1") == ["Web-1"] && client.names("?name=Web").isEmpty)
  }

  @Test func `Tags keep the spelling of their first use, in a project`() {
    let client = DropletClient()
    let first = client.active("a", [("tags", ["Env:Prod", "env:prod"])])
    let second = client.active("b", [("tags", ["env:PROD"])])
    #expect(client.droplet(first)?["tags"] == ["Env:Prod"] && client.droplet(second)?["tags"] == ["Env:Prod"])
    #expect(client.names("?tag_name=env:prod") == ["a", "b"])
  }

  @Test(arguments: [
    "?tag_name=a&name=b", "?tag_name=a&type=gpus", "?type=cats", "?per_page=201", "?per_page=0", "?page=x",
  ])
  func `Filters that do not go together and pages that cannot be are refused`(query: String) {
    let answer = DropletClient().call("GET", "/droplets" + query)
    #expect(answer.status == 422 && answer.id == "unprocessable_entity")
  }

  @Test func `GPU droplets are listed only where they are asked for`() {
    let client = DropletClient()
    let id = client.active("brain", [("size", "gpu-h100x1-80gb"), ("region", "ams3"), ("tags", ["x"])])
    _ = client.active("web", [("tags", ["x"])])
    #expect(client.names() == ["web"] && client.names("?type=droplets") == ["web"])
    #expect(client.names("?type=gpus") == ["brain"] && client.names("?tag_name=x") == ["web"])
    #expect(client.names("?name=brain").isEmpty && client.names("?type=gpus&name=brain") == ["brain"])
    #expect(client.droplet(id)?["gpu_info"]?["model"] == "nvidia_h100")
  }

  @Test func `Pages are linked by absolute addresses that keep the query`() throws {
    let client = DropletClient()
    for at in 0..<5 { client.create("n\(at)") }
    let first = client.call("GET", "/droplets?per_page=2&type=droplets")
    #expect(first.names("droplets") == ["n0", "n1"] && first.total == 5)
    #expect(first.pages?["first"] == nil && first.pages?["prev"] == nil)
    #expect(
      first.pages?["next"] == "https://api.digitalocean.com/v2/droplets?page=2&per_page=2&type=droplets",
      "\(first.pages?.text ?? "")")
    #expect(first.pages?["last"]?.string?.contains("page=3&") == true)
    let middle = client.call("GET", "/droplets?per_page=2&page=2")
    #expect(middle.pages?.members?.map(\.name) == ["first", "prev", "next", "last"])
    let last = client.call("GET", "/droplets?per_page=2&page=3")
    #expect(last.names("droplets") == ["n4"] && last.pages?.members?.map(\.name) == ["first", "prev"])
    #expect(client.call("GET", "/droplets?page=9").names("droplets").isEmpty)
    let single = client.call("GET", "/droplets?per_page=5")
    #expect(single.json?["links"] == [:] && single.total == 5)
  }

  @Test func `An exactly full page may name a next one, and the last page may be left out`() {
    var settings = DigitalOceanSettings.realistic
    (settings.nextOnFullPage, settings.omitLastPage) = (true, true)
    let client = DropletClient(settings)
    for at in 0..<2 { client.create("n\(at)") }
    let full = client.call("GET", "/droplets?per_page=2")
    #expect(full.pages?.members?.map(\.name) == ["next"])
    let empty = client.call("GET", "/droplets?per_page=2&page=2")
    #expect(empty.names("droplets").isEmpty && empty.pages?["next"] == nil)
  }

  @Test func `Sizes, regions and images come as they are described`() throws {
    let client = DropletClient()
    let sizes = try #require(client.call("GET", "/sizes?per_page=200").json?["sizes"]?.array)
    let basic = try #require(sizes.first { $0["slug"] == "s-1vcpu-1gb" })
    #expect(basic["memory"]?.int == 1024 && basic["price_monthly"]?.text == "6.0")
    #expect(basic["price_hourly"]?.text == "0.00893" && basic["transfer"]?.text == "1.0")
    #expect(client.call("GET", "/sizes").json?["sizes"]?.array?.count == 20)
    let nowhere = try #require(sizes.first { $0["slug"] == "gpu-mi300x1-192gb" })
    #expect(nowhere["available"] == true && nowhere["regions"] == [])
    let regions = try #require(client.call("GET", "/regions").json?["regions"]?.array)
    #expect(regions.contains { $0["slug"] == "nyc2" && $0["available"] == false })
    let here = regions.first { $0["slug"] == "fra1" }?["sizes"]?.array ?? []
    #expect(here.contains("s-1vcpu-1gb") && !here.contains("s-16vcpu-32gb-intel"))
  }

  @Test func `Images are found by slug or id, and filtered by type, not by slug`() throws {
    let client = DropletClient()
    let image = try #require(client.call("GET", "/images/debian-12-x64").json?["image"])
    #expect(image["distribution"] == "Debian" && image["min_disk_size"]?.int == 7 && image["status"] == "available")
    #expect(client.call("GET", "/images/\(image["id"]?.int ?? 0)").json?["image"] == image)
    let slugs = { (query: String) in
      (client.call("GET", "/images?per_page=200" + query).json?["images"]?.array ?? []).compactMap {
        $0["slug"]?.string
      }
    }
    #expect(slugs("").count == 26 && slugs("&slug=debian-12-x64").count == 26)
    #expect(
      slugs("&type=distribution").contains("debian-12-x64") && !slugs("&type=distribution").contains("lamp-22-04"))
    #expect(slugs("&type=application").contains("lamp-22-04") && slugs("&private=true").isEmpty)
    #expect(client.call("GET", "/images?type=base").status == 422)
    _ = client.call("POST", "/_sim/stock", ["image": "debian-11-x64", "status": "deleted"])
    #expect(client.call("GET", "/images/debian-11-x64").status == 404 && slugs("").count == 25)
  }
}
