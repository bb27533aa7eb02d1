import Control
import ControlFixture
import HTTP
import Model
import Synchronization
import Testing

@Suite struct HandlerTests {
  let scene = Scene()

  @Test func `only root and the daemon's own user are heard`() async {
    #expect(await scene.send("GET", "/v1/health", user: 0).status == 200)
    #expect(await scene.send("GET", "/v1/health", user: 1000).status == 200)
    for user in [1001, nil] as [UInt32?] {
      let response = await scene.send("DELETE", "/v1/accounts/prod", user: user)
      #expect(response.status == 403)
      #expect(response.failure?.code == .notPermitted)
    }
    #expect(!scene.backend.calls.contains { $0.hasPrefix("remove") })
  }

  @Test func `an account is added with what was approved, and its credential is never shown`() async throws {
    let response = await scene.send(
      "POST", "/v1/accounts",
      #"{"name":"prod","plugin":"acme","credential":"s3cret-token\n","endpoints":{"api":{"url":"http://127.0.0.1:1/v1"}},"settings":{"zone":"north"}}"#
    )
    #expect(response.status == 201)
    #expect(!response.text.contains("s3cret"))
    let view = try response.view(AccountView.self)
    #expect(view.endpoints.map(\.url) == ["http://127.0.0.1:1/v1"])
    #expect(view.settings == .object(["zone": .string("north")]))
    let credential = scene.backend.state.withLock { $0.credential }
    #expect(credential?.exposed == "s3cret-token")
    #expect("\(String(describing: credential)) \(String(reflecting: credential))".contains("s3cret") == false)
  }

  @Test func `each noun is listed, shown, acted on and removed`() async throws {
    _ = await scene.send("POST", "/v1/accounts", #"{"name":"prod","plugin":"acme","credential":"x"}"#)
    let offering =
      #"{"name":"small","placements":[{"account":"prod","type":"s9","location":"north","image":"debian-12"}]}"#
    #expect(await scene.send("POST", "/v1/offerings", offering).status == 201)
    for (method, target, status) in [
      ("GET", "/v1/plugins", 200), ("GET", "/v1/plugins/acme", 200), ("GET", "/v1/plugins/nope", 404),
      ("POST", "/v1/plugins/acme/reload", 200), ("POST", "/v1/plugins/acme/rollback", 200),
      ("POST", "/v1/plugins/acme/enable", 200), ("POST", "/v1/plugins/acme/disable", 200),
      ("POST", "/v1/plugins/acme/reset", 200), ("POST", "/v1/plugins/acme/approve", 400), ("POST", "/v1/plugins", 400),
      ("GET", "/v1/accounts", 200), ("GET", "/v1/accounts/prod", 200),
      ("POST", "/v1/accounts/prod/check", 200), ("GET", "/v1/offerings/small", 200),
      ("POST", "/v1/offerings/small/validate", 200), ("DELETE", "/v1/offerings/small", 204),
      ("GET", "/v1/offerings/small", 404), ("DELETE", "/v1/accounts/prod", 204),
      ("DELETE", "/v1/resources/\(Sample.id)", 202), ("GET", "/v1/resources/\(Sample.id)/timeline", 200),
    ] {
      #expect(await scene.send(method, target).status == status, "\(method) \(target)")
    }
    #expect(
      await scene.send("POST", "/v1/resources/\(Sample.id.lowercased())/power", #"{"action":"stop"}"#).status == 202)
    #expect(scene.backend.calls.last == "power stop \(Sample.id)")
  }

  @Test func `a credential is replaced by another, which is never shown`() async throws {
    _ = await scene.send("POST", "/v1/accounts", #"{"name":"prod","plugin":"acme","credential":"old"}"#)
    let response = await scene.send("POST", "/v1/accounts/prod/rotate", #"{"credential":"n3w-token\n"}"#)
    #expect(response.status == 200)
    #expect(!response.text.contains("n3w"))
    #expect(scene.backend.state.withLock { $0.credential?.exposed } == "n3w-token")
    #expect(await scene.send("POST", "/v1/accounts/nope/rotate", #"{"credential":"x"}"#).status == 404)
    let calls = scene.backend.calls
    for body in ["{}", #"{"credential":""}"#, #"{"credential":"a","name":"b"}"#] {
      #expect(await scene.send("POST", "/v1/accounts/prod/rotate", body).status == 400)
    }
    #expect(scene.backend.calls == calls)
  }

  @Test func `a catalog is cut to what was asked for`() async throws {
    let view = try await scene.send("GET", "/v1/accounts/prod/catalog?part=types&where=vcpu%3E%3D2%2Cprice%3C10")
      .view(CatalogView.self)
    #expect(view.types?.map(\.name) == ["s2"] && view.locations == nil)
    let all = await scene.send("GET", "/v1/accounts/prod/catalog")
    #expect(all.status == 200 && all.text.contains(#""price_per_month":"7.49""#))
    let wrong = await scene.send("GET", "/v1/accounts/prod/catalog?part=types&where=ram%3E2")
    #expect(wrong.status == 400 && wrong.failure?.violations?.first?.allowed.contains("memory") == true)
    #expect(scene.backend.calls == ["catalog prod", "catalog prod"])
  }

  @Test func `a state that there is not is refused with those that there are`() async throws {
    let response = await scene.send("GET", "/v1/resources?state=actve")
    #expect(response.status == 400)
    #expect(response.failure?.remedy == "did you mean active?")
    #expect(response.failure?.violations?.first?.allowed.contains("compensating") == true)
    #expect(await scene.send("GET", "/v1/resources?state=active").status == 200)
    #expect(scene.backend.calls == ["resources active *"])
  }

  @Test func `validation names what does not hold and what would`() async throws {
    let offering = #"{"name":"a","placements":[{"account":"prod","type":"s9","location":"n","image":"i"}]}"#
    _ = await scene.send("POST", "/v1/offerings", offering)
    let view = try await scene.send("POST", "/v1/offerings/a/validate").view(ValidationView.self)
    #expect(view.holds == false)
    #expect(view.placements.first?.failure?.violations?.first?.allowed == ["s1", "s2"])
  }

  @Test func `the same key and body make one resource, another body is refused`() async throws {
    let first = await scene.send("POST", "/v1/resources", #"{"offering":"small","tenant":"joe"}"#, key: "k1")
    #expect(first.status == 202)
    #expect(try first.view(AcceptedView.self).replayed == false)
    let again = await scene.send("POST", "/v1/resources", #"{ "tenant": "joe", "offering": "small" }"#, key: "k1")
    #expect(
      try again.view(AcceptedView.self)
        == AcceptedView(resourceId: Sample.id, operationId: Sample.operation, replayed: true))
    let other = await scene.send("POST", "/v1/resources", #"{"offering":"small"}"#, key: "k1")
    #expect(other.status == 409)
    let otherCaller = await scene.send("POST", "/v1/resources", #"{"offering":"small"}"#, key: "k1", user: 0)
    #expect(otherCaller.status == 202)
  }

  @Test(arguments: [nil, "", "two words", "ümlaut", String(repeating: "k", count: 129)])
  func `a provision without a usable idempotency key reaches nobody`(key: String?) async {
    let response = await scene.send("POST", "/v1/resources", #"{"offering":"small"}"#, key: key)
    #expect(response.status == 400)
    #expect(response.failure?.message.contains("Idempotency-Key") == true)
    #expect(scene.backend.calls.isEmpty)
  }

  @Test func `events are lines, and the stream ends when the resource rests`() async throws {
    scene.backend.state.withLock {
      $0.events = [
        Sample.event(1, state: "requested"), Sample.event(4, state: "booting"),
        Sample.event(8, state: "active", operation: "succeeded", resting: true),
      ]
    }
    let response = await scene.send("GET", "/v1/resources/\(Sample.id)/events?since=1")
    #expect(response.header("content-type") == "application/x-ndjson")
    let lines = response.text.split(separator: "\n")
    let events = try lines.map { try ControlCoding.decode(ResourceEvent.self, from: Array($0.utf8)) }
    #expect(events.map(\.seq) == [4, 8])
    #expect(events.last?.resting == true)
    #expect(events.last?.resource == Sample.resource(8, state: "active", operation: "succeeded"))
  }

  @Test func `watched plugins are lists as lines`() async throws {
    let response = await scene.send("GET", "/v1/plugins?watch=true")
    #expect(response.header("content-type") == "application/x-ndjson")
    let lists = try response.text.split(separator: "\n").map {
      try ControlCoding.decode(ListView<PluginView>.self, from: Array($0.utf8)).items.map(\.state)
    }
    #expect(lists == [["serving"], ["stopped"], []])
    #expect(await scene.send("GET", "/v1/plugins?watch=maybe").status == 400)
  }

  @Test(arguments: ControlCode.allCases)
  func `each failure keeps its code, and has a status and an exit code of an error`(code: ControlCode) async {
    scene.backend.state.withLock {
      $0.failure = ControlFailure(code, "m", expected: "e", found: "f", remedy: "r")
    }
    let response = await scene.send("GET", "/v1/accounts/prod")
    #expect(response.status == code.status)
    #expect(response.failure == ControlFailure(code, "m", expected: "e", found: "f", remedy: "r"))
    #expect((400..<600).contains(code.status))
    #expect(code.exit != .ok)
  }

  @Test func `every failure code of the core has its own code here`() {
    for code in FailureCode.allCases { #expect(ControlCode(rawValue: code.rawValue) != nil, "\(code)") }
  }

  @Test func `unknown paths, methods, queries and bodies where none belongs are named`() async {
    #expect(await scene.send("GET", "/v2/health").failure?.code == .notFound)
    let method = await scene.send("PATCH", "/v1/accounts")
    #expect(method.status == 405)
    #expect(method.failure?.expected == "GET, HEAD, POST")
    #expect(await scene.send("GET", "/v1/resources?stat=active").failure?.found == "stat")
    #expect(await scene.send("GET", "/v1/resources?state=a&state=b").status == 400)
    #expect(await scene.send("DELETE", "/v1/accounts/prod", "{}").status == 400)
    #expect(await scene.send("GET", "/v1/resources/42").status == 400)
    #expect(await scene.send("GET", "/v1/resources/\(Sample.id)/events?since=-1").status == 400)
    #expect(scene.backend.calls.isEmpty)
  }
}
