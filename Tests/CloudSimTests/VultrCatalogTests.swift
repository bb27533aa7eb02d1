import CloudSim
import Testing

@Suite struct VultrCatalogTests {
  @Test func `Plans say where they can exist, and regions what they have now`() throws {
    let client = VultrClient()
    let plans = client.call("GET", "/plans?type=vcg").json?["plans"]?.array ?? []
    let gpu = try #require(plans.first)
    #expect(plans.count == 1 && gpu["locations"] == ["ewr", "ord"])
    let now = client.call("GET", "/regions/ewr/availability").json?["available_plans"]?.array ?? []
    #expect(now.contains("vc2-1c-1gb") && gpu["id"].map { !now.contains($0) } == true)
    let high = client.call("GET", "/regions/ewr/availability?type=vhf").json?["available_plans"]?.array ?? []
    #expect(!high.isEmpty && high.allSatisfy { $0.string?.hasPrefix("vhf-") == true })
    #expect(client.call("GET", "/regions/moon/availability").status == 404)
    #expect(client.call("GET", "/regions/ewr/availability?type=cx").status == 400)
  }

  @Test func `Plans are filtered by type and system`() {
    let client = VultrClient()
    let all = client.call("GET", "/plans").texts("plans", "id")
    #expect(all.count > 30 && all == all.sorted())
    #expect(client.call("GET", "/plans?type=all").texts("plans", "id") == all)
    #expect(Set(client.call("GET", "/plans?type=voc").texts("plans", "type")).count == 4)
    #expect(Set(client.call("GET", "/plans?type=voc-g").texts("plans", "type")) == ["voc-g"])
    #expect(!client.call("GET", "/plans?os=windows").texts("plans", "id").contains("vc2-1c-1gb"))
    #expect(client.call("GET", "/plans?type=vbm").status == 400)
    #expect(client.call("GET", "/plans?os=linux").status == 400)
    #expect(client.call("GET", "/plans-metal").texts("plans_metal", "id") == ["vbm-4c-32gb", "vbm-8c-132gb"])
  }

  @Test func `Prices are numbers, that of an hour may be missing`() throws {
    let client = VultrClient()
    func plan(_ id: String) -> JSON? {
      client.call("GET", "/plans").json?["plans"]?.array?.first { $0["id"]?.string == id }
    }
    let small = try #require(plan("vc2-1c-1gb"))
    #expect(small["monthly_cost"] == 5 && small["hourly_cost"] == .number("0.007"))
    #expect(small["ram"] == 1024 && small["disk"] == 25 && small["vcpu_count"] == 1)
    #expect(plan("vc2-1c-0.5gb")?["monthly_cost"] == .number("3.5"))
    #expect(client.call("POST", "/_sim/settings", ["hourly_costs": false]).status == 200)
    #expect(plan("vc2-1c-1gb")?["hourly_cost"] == nil && plan("vc2-1c-1gb")?["monthly_cost"] == 5)
  }

  @Test func `Systems are told apart by name, architecture and family`() {
    let client = VultrClient()
    let systems = client.call("GET", "/os").json?["os"]?.array ?? []
    #expect(systems.contains(["id": 2136, "name": "Debian 12 x64 (bookworm)", "arch": "x64", "family": "debian"]))
    #expect(systems.contains { $0["arch"] == "i386" })
    let families = Set(systems.compactMap { $0["family"]?.string })
    #expect(families.isSuperset(of: ["iso", "snapshot", "backup"]))
    // Ids are numbers in the order of numbers.
    let ids = systems.compactMap { $0["id"]?.int }
    #expect(ids.count == systems.count && ids == ids.sorted())
  }

  @Test func `Stock, places and systems follow the admin endpoint`() {
    let client = VultrClient()
    func stock(_ json: JSON) -> Int? { client.call("POST", "/_sim/stock", json).status }
    func has(_ plan: JSON, _ region: String) -> Bool? {
      client.call("GET", "/regions/\(region)/availability").json?["available_plans"]?.array?.contains(plan)
    }
    #expect(stock(["plan": "vc2-1c-1gb", "region": "ewr", "available": false]) == 200)
    #expect(has("vc2-1c-1gb", "ewr") == false && has("vc2-1c-1gb", "fra") == true)
    #expect(stock(["plan": "vhf-8c-32gb", "region": "ewr", "located": true, "available": true]) == 200)
    #expect(has("vhf-8c-32gb", "ewr") == true)
    #expect(stock(["plan": "vhf-8c-32gb", "located": false]) == 200)
    let plan = client.call("GET", "/plans?type=vhf").json?["plans"]?.array?.first { $0["id"] == "vhf-8c-32gb" }
    #expect(plan?["locations"] == [] && has("vhf-8c-32gb", "sea") == false)
    #expect(stock(["os": 2136, "listed": false]) == 200)
    #expect(client.create() == nil)
    #expect(stock(["os": 2136, "listed": true]) == 200)
    #expect(client.create("fra", [("region", "fra")]) != nil)
    for wrong: JSON in [
      ["plan": "nope", "available": true], ["os": 1, "listed": true], ["colour": "red"], ["located": true],
      ["plan": "vc2-1c-1gb", "region": "moon", "located": true],
    ] {
      #expect(stock(wrong) == 400, "\(wrong)")
    }
  }

  @Test func `The account owes for every begun hour of its instances`() {
    let client = VultrClient()
    client.create("a")
    client.create("b", [("plan", "vc2-2c-4gb")])
    client.wait(3_600_001)
    // 2 h of 0.007 and 2 h of 0.027.
    let account = client.call("GET", "/account").json?["account"]
    #expect(account?["pending_charges"] == .number("0.068") && account?["balance"] != nil)
  }

  @Test func `Every listing is walked to an empty next, forth and back`() {
    let client = VultrClient()
    for (path, root) in [
      ("/regions", "regions"), ("/plans", "plans"), ("/os", "os"), ("/applications", "applications"),
    ] {
      let whole = client.call("GET", "\(path)?per_page=500").json?[root]?.array ?? []
      var (seen, cursor, last) = ([] as [JSON], "", "")
      repeat {
        let page = client.call("GET", "\(path)?per_page=3" + (cursor.isEmpty ? "" : "&cursor=\(cursor)"))
        let rows = page.json?[root]?.array ?? []
        seen += rows
        // The count of a page tells of one entry more at most.
        #expect(page.total == Int64(page.next == "" ? rows.count : 4))
        (cursor, last) = (page.next ?? "", cursor)
        client.wait(1000)
      } while !cursor.isEmpty && seen.count < 200
      #expect(seen == whole && whole.count > 2, "\(path)")
      if !last.isEmpty {
        let back = client.call("GET", "\(path)?per_page=3&cursor=\(last)").previous ?? ""
        let rows = client.call("GET", "\(path)?per_page=3&cursor=\(back)").json?[root]?.array ?? []
        #expect(rows.count == 3 && whole.dropLast((whole.count - 1) % 3 + 1).suffix(3) == rows[...], "\(path)")
      }
    }
  }
}
