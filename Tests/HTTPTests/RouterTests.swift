import HTTP
import Testing

@Suite struct RouterTests {
  private let router: HTTPRouter = {
    var router = HTTPRouter()
    func say(_ word: String) -> HTTPRouter.Handler {
      { _, parameters, _ in
        let found = parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
        return .whole(.text("\(word) \(found)"))
      }
    }
    router.on("GET", "/", say("root"))
    router.on("GET", "/v1/resources", say("list"))
    router.on("POST", "/v1/resources", say("create"))
    router.on("GET", "/v1/resources/{id}", say("one"))
    router.on("GET", "/v1/resources/stats", say("stats"))
    router.on("POST", "/v1/resources/{id}/actions/{action}", say("act"))
    router.on("DELETE", "/v1/{kind}/{name}", say("delete"))
    return router
  }()

  private func answer(_ method: String, _ path: String) async -> (Int, String, HTTPResponse) {
    let reply = await router.reply(to: HTTPRequest(method: method, path: path), from: ConnectionInfo(address: "test"))
    guard case .whole(let response) = reply else { return (0, "", HTTPResponse(status: 0)) }
    return (response.status, String(decoding: response.body.dropLast(), as: UTF8.self), response)
  }

  @Test(arguments: [
    ("GET", "/", 200, "root "), ("GET", "/v1/resources", 200, "list "), ("POST", "/v1/resources", 200, "create "),
    ("GET", "/v1/resources/7", 200, "one id=7"), ("GET", "/v1/resources/stats", 200, "stats "),
    ("GET", "/v1/resources/a%2Fb%20c", 200, "one id=a/b c"),
    ("POST", "/v1/resources/7/actions/reboot", 200, "act action=reboot,id=7"),
    ("DELETE", "/v1/resources/7", 200, "delete kind=resources,name=7"),
    ("HEAD", "/v1/resources/7", 200, "one id=7"),
  ])
  func `a request finds its handler and its parameters`(method: String, path: String, status: Int, body: String) async {
    let found = await answer(method, path)
    #expect(found.0 == status)
    #expect(found.1 == body)
  }

  @Test(arguments: ["/v1", "/v1/", "/v1/resources/", "/v1/resources/7/x", "/v2/resources/7/8/9", "//"])
  func `a path without a pattern is 404`(path: String) async {
    #expect(await answer("GET", path).0 == 404)
  }

  @Test func `a method without a handler is 405 and says which would do`() async {
    let found = await answer("PATCH", "/v1/resources/7")
    #expect(found.0 == 405)
    #expect(found.2.header("allow") == "DELETE, GET, HEAD")
  }

  @Test func `a segment that is not UTF-8 is 400`() async {
    #expect(await answer("GET", "/v1/resources/%ff").0 == 400)
  }

  @Test func `percent-coding goes there and back`() {
    #expect(Percent.encoded("a b/ü~") == "a%20b%2F%C3%BC~")
    #expect(Percent.decoded("a%20b%2F%C3%BC~+") == "a b/ü~+")
    #expect(Percent.decoded("%4") == nil)
    let request = HTTPRequest(method: "GET", path: "/", query: "a=1+2&b&&c=%3D&a=3")
    #expect(request.queryItems == [.init("a", "1 2"), .init("b", ""), .init("c", "="), .init("a", "3")])
    #expect(request.query("a") == "1 2")
  }
}
