import CloudSim
import Testing

@Suite struct CatalogTests {
  @Test func `Images need more than one page`() {
    let client = Client()
    let first = client.call("GET", "/images?type=system")
    #expect(first.names("images").count == 25 && first.page?["next_page"]?.int == 2)
    let second = client.call("GET", "/images?type=system&page=2")
    #expect(second.page?["next_page"]?.isNull == true && second.page?["last_page"]?.int == 2)
    let ids = [first, second].flatMap { $0.json?["images"]?.array ?? [] }.compactMap { $0["id"]?.int }
    #expect(Int64(Set(ids).count) == first.page?["total_entries"]?.int)
    #expect(first.header("link")?.contains("page=2&per_page=25>; rel=\"next\"") == true)
    #expect(first.header("link")?.contains("type=system") == true)
  }

  @Test func `An image has one id for each architecture`() {
    let client = Client()
    let both = client.call("GET", "/images?name=debian-12").json?["images"]?.array ?? []
    #expect(both.compactMap { $0["architecture"]?.string }.sorted() == ["arm", "x86"])
    let arm = client.call("GET", "/images?name=debian-12&architecture=arm").json?["images"]?.array ?? []
    #expect(arm.count == 1)
  }

  @Test func `A deprecated image is listed only on request, usable for three months, then gone`() {
    let client = Client()
    #expect(client.call("GET", "/images?name=ubuntu-20.04").names("images").isEmpty)
    let target = "/images?name=ubuntu-20.04&include_deprecated=true"
    #expect(client.call("GET", target).names("images").count == 2)
    #expect(client.create("old", [("image", "ubuntu-20.04")]) != nil)
    client.wait(61 * 86_400_000)
    #expect(client.call("GET", target).names("images").isEmpty)
    #expect(client.call("POST", "/servers", Client.order("older", [("image", "ubuntu-20.04")])).status == 422)
  }

  @Test func `Prices are decimal strings with tax beside, for the locations that sell`() throws {
    let client = Client()
    let type = try #require(client.call("GET", "/server_types?name=cx23").json?["server_types"]?.array?.first)
    let price = try #require(type["prices"]?.array?.first)
    #expect(price["price_monthly"]?["net"] == "3.4900000000")
    #expect(price["price_monthly"]?["gross"] == "4.1531000000000000")
    let locations = type["locations"]?.array ?? []
    #expect(locations.compactMap { $0["name"]?.string } == ["fsn1", "nbg1", "hel1"])
    #expect(locations.allSatisfy { $0["available"] == true && $0["deprecation"]?.isNull == true })
  }

  @Test func `A type that ends says when, and is not sold after that`() throws {
    let client = Client()
    let type = try #require(client.call("GET", "/server_types?name=cx22").json?["server_types"]?.array?.first)
    let end = try #require(type["locations"]?.array?.first?["deprecation"]?["unavailable_after"]?.string)
    #expect(Timestamp.parse(end) == client.now + 30 * 86_400_000)
    #expect(type["deprecated"] == true)
    #expect(client.create("a", [("server_type", "cx22")]) != nil)
    client.wait(31 * 86_400_000)
    #expect(client.call("GET", "/server_types?name=cx22").names("server_types").isEmpty)
    let refused = client.call("POST", "/servers", Client.order("b", [("server_type", "cx22")]))
    #expect(refused.message == "unsupported location for server type")
  }

  @Test func `Stock, recommendation and deprecation follow the admin endpoint`() throws {
    let client = Client()
    let change: JSON = [
      "server_type": "cx23", "location": "nbg1", "available": false, "recommended": true,
      "deprecation": ["announced": "2026-01-01T00:00:00Z", "unavailable_after": "2027-01-01T00:00:00Z"],
    ]
    #expect(client.call("POST", "/_sim/stock", change).status == 200)
    let type = try #require(client.call("GET", "/server_types?name=cx23").json?["server_types"]?.array?.first)
    let offer = try #require(type["locations"]?.array?.first { $0["name"] == "nbg1" })
    #expect(offer["available"] == false && offer["recommended"] == true)
    #expect(offer["deprecation"]?["unavailable_after"] == "2027-01-01T00:00:00Z")
    let refused = client.call("POST", "/servers", Client.order("a", [("location", "nbg1")]))
    #expect(refused.status == 412 && refused.code == "resource_unavailable")
    #expect(client.call("POST", "/_sim/stock", ["server_type": "nope", "available": false]).status == 400)
  }

  @Test func `Single objects are found by id, and unknown ones are 404`() {
    let client = Client()
    for (path, root) in [
      ("/server_types/114", "server_type"), ("/locations/1", "location"), ("/images/71794396", "image"),
    ] {
      #expect(client.call("GET", path).json?[root]?["id"]?.int != nil, "\(path)")
    }
    #expect(client.call("GET", "/server_types/1").code == "not_found")
    #expect(client.call("GET", "/pricing").json?["pricing"]?["currency"] == "EUR")
  }
}
