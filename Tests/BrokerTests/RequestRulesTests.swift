import Foundation
import Testing

@testable import Broker

@Suite struct RequestRulesTests {
  static func grant(auth: CredentialScheme = .bearer, base: String = "https://api.example.com/v1") throws
    -> AccountGrant
  {
    let endpoint = try ApprovedEndpoint(baseURL: base, auth: auth)
    return AccountGrant(account: "acc", endpoints: ["api": endpoint]) { _ in nil }
  }

  static func refusal(_ request: BrokerRequest) -> BrokerRefusal.Rule? {
    do {
      _ = try RequestRules.check(request)
      return nil
    } catch {
      return error.rule
    }
  }

  @Test(arguments: BrokerVerb.allCases, BrokerMethod.allCases)
  func `each verb may use its methods and no others`(verb: BrokerVerb, method: BrokerMethod) throws {
    let request = BrokerRequest(grant: try Self.grant(), verb: verb, method: method.rawValue, path: "/servers/1")
    let changing: Set<BrokerVerb> = [.prepare, .provision, .terminate, .power]
    let expected =
      switch method {
      case .get, .head: true
      case .post, .put, .patch: changing.contains(verb)
      case .delete: verb == .terminate
      }
    #expect((Self.refusal(request) == nil) == expected)
    if !expected { #expect(Self.refusal(request) == .verb) }
  }

  @Test func `a declared post_reads path may be posted to by a reading verb`() throws {
    var request = BrokerRequest(
      grant: try Self.grant(), verb: .list, method: "POST", path: "/query/servers", body: [1], postReads: ["/query/{}"])
    #expect(Self.refusal(request) == nil)
    request.path = "/servers"
    #expect(Self.refusal(request) == .verb)
    request.path = "/query/servers"
    request.method = "DELETE"
    #expect(Self.refusal(request) == .verb)
  }

  @Test(arguments: ["get", "CONNECT", "OPTIONS", "TRACE", "", "GET ", "GET\r\n", "PROPFIND"])
  func `another method is refused`(method: String) throws {
    #expect(
      Self.refusal(BrokerRequest(grant: try Self.grant(), verb: .terminate, method: method, path: "/")) == .method)
  }

  @Test(arguments: ["", "API", "metadata", "api ", "api\0", "https://evil.example"])
  func `an endpoint that was not approved is refused`(name: String) throws {
    let request = BrokerRequest(grant: try Self.grant(), verb: .list, endpoint: name, path: "/")
    #expect(Self.refusal(request) == .endpoint)
  }

  @Test(arguments: [
    "", "servers", "//evil.example/", "/..", "/../x", "/a/..", "/a/../b", "/.", "/a/./b", "/%2e%2e/x", "/%2E%2e",
    "/.%2e/x",
    "/a/%2e", "/a%2f..%2fb", "/a%2F%2e%2e", "/a%5c..%5cb", "/a\\..\\b", "/a b", "/a\tb", "/a\r\nHost: x", "/a\n",
    "/a#b",
    "/a?b", "/a\u{0}", "/a%00", "/a%0d%0aX:1", "/a%7f", "/ä", "/a%", "/a%2", "/a%zz", "/a/..;x/b", "/..;/b", "/.;a",
    "/%c0%ae%c0%ae/x", "/%ff", "http://evil.example/", "\\\\evil", "/\u{202e}",
  ])
  func `a path that can be read as another place is refused`(path: String) throws {
    #expect(Self.refusal(BrokerRequest(grant: try Self.grant(), verb: .list, path: path)) == .path)
  }

  @Test(arguments: [
    "/", "/servers", "/servers/", "/a//b", "/a%20b", "/a%2fb", "/...", "/.well-known/x", "/a..b", "/a/..b",
    "/@evil.example",
    "/:80", "/a;b=c", "/images/%C3%A4", "/a/b:tag", "/~x/$y/(z)/*", "/%2e%2e%2e",
  ])
  func `an ordinary path is allowed`(path: String) throws {
    #expect(Self.refusal(BrokerRequest(grant: try Self.grant(), verb: .list, path: path)) == nil)
  }

  @Test(arguments: ["a b", "a#b", "a\r\nb", "a\u{0}", "ä=1", "\u{7f}"])
  func `a query that is not encoded is refused`(query: String) throws {
    #expect(Self.refusal(BrokerRequest(grant: try Self.grant(), verb: .list, path: "/", query: query)) == .query)
  }

  @Test(arguments: ["key=x", "a=1&key=x", "%6bey=x", "KEY", "a;key=1"])
  func `the query member of the scheme is the host's`(query: String) throws {
    let request = BrokerRequest(grant: try Self.grant(auth: .query("key")), verb: .list, path: "/", query: query)
    #expect(Self.refusal(request) == .query)
    #expect(Self.refusal(BrokerRequest(grant: try Self.grant(), verb: .list, path: "/", query: query)) == nil)
  }

  @Test(arguments: [
    "Host: evil.example\n", "host:evil\n", "HOST: x\n", "Authorization: Bearer x\n", "Cookie: a=b\n",
    "Connection: close\n",
    "Content-Length: 5\n", "Transfer-Encoding: chunked\n", "TE: trailers\n", "Upgrade: h2c\n", "Expect: 100-continue\n",
    "Proxy-Authorization: x\n", "Proxy-Connection: x\n", "proxy-anything: x\n", "Keep-Alive: x\n",
    "HTTP2-Settings: x\n",
    "X-HTTP-Method-Override: DELETE\n", "X-Auth-Token: mine\n", "x-auth-TOKEN: mine\n",
    "X-A: b\r\nHost: evil\r\n", "X-A: b\r\n", "X-A: b\rc\n", "X-A: \u{0}\n", "X-A: \u{1b}[31m\n", "X-A\n", ": x\n",
    "X A: b\n",
    "X-A : b\n", " X-A: b\n", "\tfold\n", "\n", "X-A: b\n\nX-B: c\n", "X-Ä: b\n", "(x): y\n", ":authority: evil\n",
  ])
  func `a header that is the host's, or no header, is refused`(text: String) throws {
    let request = BrokerRequest(
      grant: try Self.grant(auth: .header("X-Auth-Token")), verb: .list, path: "/", headers: text)
    #expect(Self.refusal(request) == .header)
  }

  @Test func `ordinary headers are read with their values trimmed`() throws {
    let text = "Content-Type: application/json\nX-Empty:\nx-a:  b c \t\nX-Last: ü"
    let checked = try RequestRules.check(
      BrokerRequest(grant: try Self.grant(), verb: .provision, method: "POST", path: "/servers", headers: text))
    #expect(
      checked.headers == [
        BrokerHeader("Content-Type", "application/json"), BrokerHeader("X-Empty", ""), BrokerHeader("x-a", "b c"),
        BrokerHeader("X-Last", "ü"),
      ])
  }

  @Test func `too many headers, too long ones, and a body with GET are refused`() throws {
    let grant = try Self.grant()
    let many = String(repeating: "A: b\n", count: 65)
    #expect(Self.refusal(BrokerRequest(grant: grant, verb: .list, path: "/", headers: many)) == .header)
    let long = "A: " + String(repeating: "b", count: 40000)
    #expect(Self.refusal(BrokerRequest(grant: grant, verb: .list, path: "/", headers: long)) == .header)
    #expect(Self.refusal(BrokerRequest(grant: grant, verb: .list, path: "/", body: [1])) == .body)
    let path = "/" + String(repeating: "a", count: 9000)
    #expect(Self.refusal(BrokerRequest(grant: grant, verb: .list, path: path)) == .path)
  }

  @Test func `a verb with listed routes may make no other request`() throws {
    let routes = [
      BrokerRoute(method: "DELETE", path: "/servers/{external_id}"), BrokerRoute(method: "GET", path: "/servers/{}/x"),
      BrokerRoute(method: "GET", path: "/other", endpoint: "other"),
    ]
    func rule(_ method: String, _ path: String) throws -> BrokerRefusal.Rule? {
      Self.refusal(
        BrokerRequest(
          grant: try Self.grant(), verb: .terminate, method: method, path: path, routes: routes, externalIds: ["42"]))
    }
    #expect(try rule("DELETE", "/servers/42") == nil)
    #expect(try rule("DELETE", "/servers/%34%32") == nil)
    #expect(try rule("GET", "/servers/7/x") == nil)
    let refused = [
      ("DELETE", "/servers/43"), ("DELETE", "/servers/"), ("DELETE", "/servers/42/"), ("DELETE", "/servers"),
      ("DELETE", "/servers/42%2fx"), ("POST", "/servers/42"), ("GET", "/servers/42"), ("GET", "/servers//x"),
      ("GET", "/servers/a%2fb/x"), ("GET", "/other"), ("GET", "/SERVERS/7/x"),
    ]
    for (method, path) in refused { #expect(try rule(method, path) == .route, "\(method) \(path)") }
    let none = BrokerRequest(grant: try Self.grant(), verb: .list, path: "/", routes: [])
    #expect(Self.refusal(none) == .route)
  }

  @Test func `without routes too, a verb deletes only the object that it is called for`() throws {
    func rule(_ path: String) throws -> BrokerRefusal.Rule? {
      Self.refusal(
        BrokerRequest(grant: try Self.grant(), verb: .terminate, method: "DELETE", path: path, externalIds: ["42"]))
    }
    for path in ["/servers/42", "/v2/servers/%34%32", "/servers/42/disks"] { #expect(try rule(path) == nil, "\(path)") }
    for path in ["/servers/43", "/servers", "/servers/421", "/servers/4/2", "/"] {
      #expect(try rule(path) == .route, "\(path)")
    }
  }

  @Test func `numbers from a plugin are clamped`() throws {
    var request = BrokerRequest(
      grant: try Self.grant(), verb: .catalog, path: "/", timeoutMs: .max, maxResponseBytes: .max, cacheTTLSeconds: .max
    )
    let most = try RequestRules.check(request)
    #expect(most.timeoutMs == 3_600_000 && most.maxResponseBytes == 16 << 20 && most.cacheTTLMs == 86_400_000)
    (request.timeoutMs, request.maxResponseBytes, request.cacheTTLSeconds) = (.min, .min, .min)
    let least = try RequestRules.check(request)
    #expect(least.timeoutMs == 60_000 && least.maxResponseBytes == 4 << 20 && least.cacheTTLMs == 0)
  }

  @Test(arguments: BrokerVerb.allCases) func `only validate and catalog may be answered from the cache`(
    verb: BrokerVerb
  ) throws {
    let request = BrokerRequest(grant: try Self.grant(), verb: verb, path: "/", cacheTTLSeconds: 60)
    #expect((try RequestRules.check(request).cacheTTLMs > 0) == (verb == .validate || verb == .catalog))
  }

  @Test func `a refusal says what is wrong and leaves it to others to name the request`() throws {
    let requests = [
      BrokerRequest(grant: try Self.grant(), verb: .poll, method: "DELETE", path: "/servers/1"),
      BrokerRequest(grant: try Self.grant(), verb: .provision, method: "DELETE", path: "/servers/1"),
      BrokerRequest(grant: try Self.grant(), verb: .list, method: "POST", path: "/servers/1"),
      BrokerRequest(grant: try Self.grant(), verb: .list, path: "/servers/1", body: [1]),
      BrokerRequest(grant: try Self.grant(), verb: .provision, method: "POST", path: "/servers/1", routes: []),
    ]
    for request in requests {
      let refusal = #expect(throws: BrokerRefusal.self) { _ = try RequestRules.check(request) }
      #expect(refusal?.sentence.contains("/servers") == false, "\(refusal?.sentence ?? "")")
    }
  }

  @Test func `refusals show foreign text without control bytes and not at length`() throws {
    let path = "/\u{1b}[31m" + String(repeating: "x", count: 500)
    do {
      _ = try RequestRules.check(BrokerRequest(grant: try Self.grant(), verb: .list, path: path))
      Issue.record("was allowed")
    } catch let refusal as BrokerRefusal {
      #expect(refusal.sentence.utf8.allSatisfy { (0x20...0x7e).contains($0) })
      #expect(refusal.sentence.count < 300)
    }
  }
}
