import CloudSim
import Testing

@Suite struct VultrPagingTests {
  private func client(_ count: Int, _ settings: JSON = [:]) -> VultrClient {
    let client = VultrClient()
    for number in 0..<count { client.create("s\(number)") }
    #expect(client.call("POST", "/_sim/settings", settings).status == 200)
    return client
  }

  @Test func `A page has 100 entries and at most 500`() {
    let client = VultrClient(.fast)
    for number in 0..<101 { client.create("s\(number)") }
    let first = client.call("GET", "/instances")
    #expect(first.texts("instances", "id").count == 100 && first.total == 101 && first.next?.isEmpty == false)
    #expect(client.call("GET", "/instances?per_page=500").texts("instances", "id").count == 101)
    for size in ["0", "501", "-1", "x", "99999999999999999999"] {
      #expect(client.call("GET", "/instances?per_page=\(size)").status == 400, "\(size)")
    }
  }

  @Test(arguments: ["%", "x", "bm9uc2Vuc2U=", "bmV4dF9f!", "c2tpcF9feA=="])
  func `A cursor that was never given out is refused`(cursor: String) {
    let answer = client(1).call("GET", "/os?cursor=\(cursor)")
    #expect(answer.status == 400 && answer.error == "Bad request.", "\(cursor)")
  }

  @Test func `The total may be the whole list's, as it is documented`() {
    let client = client(5, ["total_is_lookahead": false])
    #expect(client.call("GET", "/instances?per_page=2").total == 5)
  }

  @Test func `An exactly full last page may name a next one, which is empty`() {
    let client = client(2)
    #expect(client.call("GET", "/instances?per_page=2").next == "")
    _ = client.call("POST", "/_sim/settings", ["next_on_full_page": true])
    let full = client.call("GET", "/instances?per_page=2")
    #expect(full.next?.isEmpty == false)
    let empty = client.call("GET", "/instances?per_page=2&cursor=\(full.next ?? "")")
    #expect(empty.status == 200 && empty.json?["instances"] == [] && empty.next == "" && empty.total == 0)
  }

  @Test func `What vanishes between two pages hides nothing else where cursors name ids`() {
    let client = client(4)
    #expect(client.fault(["kind": "delete_listed", "query": "per_page=2"]) == 200)
    let first = client.call("GET", "/instances?per_page=2")
    let second = client.call("GET", "/instances?per_page=2&cursor=\(first.next ?? "")")
    #expect(
      (first.texts("instances", "label") + second.texts("instances", "label")).sorted() == ["s0", "s1", "s2", "s3"])
    #expect(client.cloud.instances.count == 3)
  }

  @Test func `It hides an entry where cursors count`() {
    let client = client(4, ["offset_cursors": true])
    #expect(client.fault(["kind": "delete_listed", "query": "per_page=2"]) == 200)
    let first = client.call("GET", "/instances?per_page=2")
    let second = client.call("GET", "/instances?per_page=2&cursor=\(first.next ?? "")")
    #expect(second.texts("instances", "label").count == 1 && second.next == "")
    #expect(second.previous?.isEmpty == false)
  }
}
