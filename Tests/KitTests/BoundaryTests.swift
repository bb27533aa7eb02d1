import PluginABI
import PluginKit
import PluginMessages
import Synchronization
import Testing

/// A provisioner that shows the boundary: each verb does one thing that a test looks at.
private struct Probe: Provisioner {
  static let manifest = PluginManifest(
    id: "probe", name: "Probe Cloud", version: "1.2.3", capabilities: ["power"],
    endpoints: [ManifestEndpoint(name: "api", baseUrl: "https://probe.invalid", auth: AuthScheme(.bearer))])

  func validate(_ request: ValidateRequest, _ call: Call) throws(CloudFailure) -> ValidateReply {
    throw CloudFailure(
      .invalidSpec, "no such type", remedy: "use small", mayExist: false,
      violations: [Violation(path: "placements[0].type", message: "unknown", allowed: ["small"])])
  }
  func prepare(_ request: PrepareRequest, _ call: Call) throws(CloudFailure) -> PrepareReply {
    call.log(.warning, "hello", ["a": "b"])
    call.progress("half", permille: 500)
    return PrepareReply(cookie: "\(call.remainingMs) \(call.cancelled)")
  }
  func provision(_ request: ProvisionRequest, _ call: Call) throws(CloudFailure) -> ProvisionReply {
    let post = CloudRequest(
      .post, "/things", query: ["q": "a b&c"], headers: [.init("X-One", "1")], body: Array(request.userData.utf8))
    struct Thing: Decodable { var id: String }
    return ProvisionReply(externalId: try call.http(post).decode(Thing.self, of: post).id, state: "pending")
  }
  func poll(_ request: PollRequest, _ call: Call) throws(CloudFailure) -> PollReply {
    let get = CloudRequest(.get, "/things", cacheTtlS: 9)
    struct Thing: Decodable { var id: String }
    _ = try call.http(get).decode(Thing.self, of: get)
    return PollReply(results: [])
  }
  func terminate(_ request: TerminateRequest, _ call: Call) throws(CloudFailure) -> TerminateReply {
    TerminateReply(state: "gone", cookie: String(repeating: "x", count: 1 << 20))
  }
  func list(_ request: ListRequest, _ call: Call) throws(CloudFailure) -> ListReply {
    var pieces: [String] = []
    let response = try call.http(CloudRequest(.get, "/stream")) { piece in
      pieces.append(String(decoding: piece, as: UTF8.self))
      return pieces.last == "enough" ? .stop : .more
    }
    return ListReply(
      objects: (pieces + ["\(response.body.count) left"]).map {
        ListedObject(externalId: $0, kind: "piece", name: $0, state: .unknown)
      })
  }
  func catalog(_ request: CatalogRequest, _ call: Call) throws(CloudFailure) -> CatalogReply { CatalogReply() }
  func selfTest(_ request: SelfTestRequest, _ call: Call) throws(CloudFailure) -> SelfTestReply {
    SelfTestReply(credentialValid: true)
  }
}

/// Serialized, because a process serves one plugin: entry is called once in each.
@Suite(.serialized) struct BoundaryTests {
  private static let account = #""account":{"id":"a","installation_id":"i"}"#

  private func probe() throws -> (FakeHost, slipway_plugin) {
    let host = FakeHost()
    let table = try #require(Plugin.serve(Probe.self, to: host.table))
    return (host, table.pointee)
  }

  @Test func `The table names the plugin, its version and its manifest`() throws {
    let (_, table) = try probe()
    #expect(table.struct_size == UInt32(MemoryLayout<slipway_plugin>.size))
    #expect(table.abi_chosen == 0x1_0000)
    #expect(text(table.id) == "probe")
    #expect(text(table.version) == "1.2.3")
    let manifest = try JSON.decode(PluginManifest.self, text(table.manifest).utf8)
    #expect(manifest == Probe.manifest)
    #expect(table.power != nil)
  }

  @Test func `A host of another version is refused with both versions and what to do`() throws {
    let host = FakeHost(abiMin: 0x2_0000, abiMax: 0x2_0001)
    let table = try #require(Plugin.serve(Probe.self, to: host.table))
    #expect(table.pointee.abi_chosen == 0)
    #expect(text(table.pointee.id) == "probe")
    let reason = try #require(host.state.withLock { $0.refusal })
    #expect(reason == "probe speaks ABI 1.0, this host 2.0 to 2.1: rebuild the plugin with the host's kit")
  }

  @Test func `A host with a shorter table is refused before a missing function is called`() throws {
    let host = FakeHost()
    host.table.pointee.struct_size = 40
    let table = try #require(Plugin.serve(Probe.self, to: host.table))
    #expect(table.pointee.abi_chosen == 0)
    host.table.pointee.struct_size = 8
    #expect(Plugin.serve(Probe.self, to: host.table) == nil)
    #expect(Plugin.serve(Probe.self, to: nil) == nil)
  }

  @Test func `A thrown failure arrives as its code and its report`() throws {
    let (host, table) = try probe()
    let answer = try #require(host.run(table.validate, "{\(Self.account),\"placements\":[]}"))
    #expect(answer.code == 1)
    let report = try JSON.decode(FailureReport.self, answer.json.utf8)
    #expect(report.message == "no such type")
    #expect(report.mayExist == false)
    #expect(report.violations?.first?.allowed == ["small"])
  }

  @Test func `Log, progress, remaining time and cancellation cross the boundary`() throws {
    let (host, table) = try probe()
    let request =
      "{\(Self.account),\"placement\":{\"type\":\"t\",\"location\":\"l\",\"image\":\"i\"},\"installation_key\":\"k\"}"
    let answer = try #require(host.run(table.prepare, request))
    #expect(answer.object["cookie"] as? String == "1234 false")
    #expect(host.state.withLock { $0.lines } == [#"2 hello {"a":"b"}"#, "progress 500 half"])
  }

  private static let provision =
    "{\(account),\"attempt_id\":\"A\",\"operation_id\":\"O\",\"resource_id\":\"R\",\"name\":\"n\",\"user_data\":\"#!\","
    + "\"placement\":{\"type\":\"t\",\"location\":\"l\",\"image\":\"i\"},\"image_id\":\"1\",\"architecture\":\"x\"}"

  @Test func `A request crosses the boundary whole, and its response is given back`() throws {
    let (host, table) = try probe()
    host.state.withLock { $0.response = (2, 201, "x-id: 7\n", #"{"id":"42"}"#, "", 0) }
    let answer = try #require(host.run(table.provision, Self.provision))
    #expect(answer.object["external_id"] as? String == "42")
    #expect(host.state.withLock { $0.requests } == ["api POST /things?q=a%20b%26c X-One: 1\n#! ttl=0"])
    #expect(host.state.withLock { $0.released } == 1)
  }

  @Test func `A streamed body arrives in pieces, in order, until the receiver has enough`() throws {
    let (host, table) = try probe()
    host.state.withLock { ($0.response, $0.pieces) = ((2, 200, "", "", "", 0), ["one", "two", ""]) }
    let all = try #require(host.run(table.list, "{\(Self.account)}"))
    let objects = all.object["objects"] as? [[String: Any]] ?? []
    #expect(objects.compactMap { $0["name"] as? String } == ["one", "two", "", "0 left"])
    #expect(host.state.withLock { $0.chunkAnswers } == [0, 0, 0])
    host.state.withLock {
      ($0.response, $0.pieces) = ((1, 0, "", "", "the request was stopped", 0), ["one", "enough", "three"])
    }
    let cut = try #require(host.run(table.list, "{\(Self.account)}"))
    #expect(cut.code == FailureCode.unavailable.rawValue)
    #expect(host.state.withLock { $0.chunkAnswers } == [0, 1, 1])
  }

  @Test(
    arguments: [
      (0, 0, .unavailable, false), (0, 900, .rateLimited, false), (1, 0, .unknownOutcome, true),
      (77, 0, .unknownOutcome, true),
    ] as [(Int32, UInt32, FailureCode, Bool)])
  func `A create without an answer is classified by what may have happened`(
    outcome: Int32, wait: UInt32, code: FailureCode, mayExist: Bool
  ) throws {
    let (host, table) = try probe()
    host.state.withLock { $0.response = (outcome, 0, "", "", "the wire broke", wait) }
    let answer = try #require(host.run(table.provision, Self.provision))
    #expect(answer.code == code.rawValue)
    #expect(answer.object["may_exist"] as? Bool == mayExist)
    #expect((answer.object["message"] as? String)?.contains("the wire broke") == true)
  }

  @Test func `A create whose answer cannot be read may have made something`() throws {
    let (host, table) = try probe()
    host.state.withLock { $0.response = (2, 201, "", #"{"id":"4"#, "", 0) }
    let answer = try #require(host.run(table.provision, Self.provision))
    #expect(answer.code == FailureCode.unknownOutcome.rawValue)
    #expect(answer.object["may_exist"] as? Bool == true)
  }

  @Test(arguments: [
    ("<html>", FailureCode.unavailable), ("{\"id\":\"4", .unavailable), ("{\"id\":4}", .internal), ("{}", .internal),
  ])
  func `A read whose answer cannot be read tells a broken wire from a changed form`(
    body: String, code: FailureCode
  ) throws {
    let (host, table) = try probe()
    host.state.withLock { $0.response = (2, 200, "", body, "", 0) }
    let answer = try #require(host.run(table.poll, "{\(Self.account),\"entries\":[]}"))
    #expect(answer.code == code.rawValue)
    #expect(host.state.withLock { $0.requests } == ["api GET /things?  ttl=9"])
  }

  @Test(arguments: [(-1, .cancelled), (-4, .internal)] as [(Int32, FailureCode)])
  func `A request that the host will not perform says why the call ended`(status: Int32, code: FailureCode) throws {
    let (host, table) = try probe()
    host.state.withLock { $0.httpStatus = status }
    let answer = try #require(host.run(table.poll, "{\(Self.account),\"entries\":[]}"))
    #expect(answer.code == code.rawValue)
    #expect(host.state.withLock { $0.released } == 0)
  }

  @Test(arguments: ["", "{}", "[]", "{\"account\":", "\u{0}", "{\"account\":{\"id\":1}}"])
  func `A request that cannot be read is answered, once, as a defect`(request: String) throws {
    let (host, table) = try probe()
    for verb in [
      table.validate, table.prepare, table.provision, table.poll, table.terminate, table.list, table.catalog,
      table.self_test, table.power,
    ] {
      #expect(try #require(host.run(verb, request)).code == FailureCode.internal.rawValue)
    }
  }

  @Test func `A reply that is too big becomes a failure instead of silence`() throws {
    let (host, table) = try probe()
    host.state.withLock { $0.takes = 1 << 16 }
    let answer = try #require(
      host.run(
        table.terminate, "{\(Self.account),\"attempt_id\":\"A\",\"name\":\"n\",\"external_id\":\"1\"}"))
    #expect(answer.code == FailureCode.internal.rawValue)
  }

  @Test func `A cloud that cannot switch power says so`() throws {
    let (host, table) = try probe()
    let answer = try #require(
      host.run(
        table.power,
        "{\(Self.account),\"attempt_id\":\"A\",\"name\":\"n\",\"external_id\":\"1\",\"action\":\"stop\"}"))
    #expect(answer.code == FailureCode.unsupported.rawValue)
    #expect(answer.object["message"] as? String == "Probe Cloud cannot stop a machine")
  }
}
