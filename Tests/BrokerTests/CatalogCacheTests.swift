import Foundation
import Testing

@testable import Broker

@Suite(.timeLimit(.minutes(1))) struct CatalogCacheTests {
  @Test func `a catalog answer is used again, and by no other question`() async throws {
    let server = try RawServer.answering("types")
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let grant = try localGrant(server.port)
    let first = BrokerRequest(grant: grant, verb: .catalog, path: "/types", query: "page=1", cacheTTLSeconds: 60)
    let asked = await fixture.broker.send(first)
    #expect(asked.outcome.answer?.fromCache == false)
    var same = first
    same.verb = .validate
    let cached = await fixture.broker.send(same)
    #expect(cached.outcome.answer?.fromCache == true)
    #expect(cached.outcome.answer?.text == "types")
    #expect(!cached.times.wasSent)
    #expect(server.requests.count == 1)

    var others = [first, first, first, first, first, first]
    others[0].query = "page=2"
    others[1].path = "/types/"
    others[2].headers = "X-A: b\n"
    others[3].grant = try localGrant(server.port, account: "acc-2")
    others[4].cacheTTLSeconds = 0
    others[5].verb = .list
    for other in others { #expect(await fixture.broker.send(other).outcome.answer?.fromCache == false) }
    #expect(server.requests.count == 7)

    fixture.broker.forgetCatalog(of: "acc-1")
    #expect(await fixture.broker.send(first).outcome.answer?.fromCache == false)
    var second = first
    second.grant = others[3].grant
    #expect(await fixture.broker.send(second).outcome.answer?.fromCache == true)
  }

  @Test(arguments: [BrokerVerb.poll, .list, .selfTest, .terminate, .provision, .metrics, .power, .prepare])
  func `no other verb is answered from memory`(verb: BrokerVerb) async throws {
    let server = try RawServer.answering()
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let request = BrokerRequest(grant: try localGrant(server.port), verb: verb, path: "/servers", cacheTTLSeconds: 60)
    for _ in 0..<3 { #expect(await fixture.broker.send(request).outcome.answer?.fromCache == false) }
    #expect(server.requests.count == 3)
  }

  @Test func `an answer that is not 200 is not kept`() async throws {
    let server = try RawServer { server, connection in
      while let request = connection.request() {
        server.note(request)
        connection.reply("no", status: "404 Not Found")
      }
    }
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let request = BrokerRequest(grant: try localGrant(server.port), verb: .catalog, path: "/types", cacheTTLSeconds: 60)
    for _ in 0..<2 { #expect(await fixture.broker.send(request).outcome.answer?.status == 404) }
    #expect(server.requests.count == 2)
  }

  @Test func `the same question in flight is asked once, and one caller who gives up takes nothing from the others`()
    async throws
  {
    let release = Gate()
    let server = try RawServer { server, connection in
      while let request = connection.request() {
        server.note(request)
        release.block()
        connection.reply("types")
      }
    }
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let request = BrokerRequest(grant: try localGrant(server.port), verb: .catalog, path: "/types", cacheTTLSeconds: 60)
    var impatient = request
    impatient.timeoutMs = 50
    let quick = impatient
    let first = Task { await fixture.broker.send(request) }
    _ = await server.nextRequest()
    async let second = fixture.broker.send(request)
    async let third = fixture.broker.send(request)
    #expect(await fixture.broker.send(quick).outcome.answer == nil)
    first.cancel()
    #expect(await first.value.outcome.answer == nil)
    release.open()
    #expect(await second.outcome.answer?.text == "types")
    #expect(await third.outcome.answer?.text == "types")
    #expect(server.requests.count == 1)
  }

  @Test func `the cache keeps to its bytes and drops what was used longest ago`() throws {
    var cache = CatalogCache(capacity: 10_000)
    func key(_ path: String) throws -> CatalogCache.Key {
      let grant = try localGrant(1)
      let request = BrokerRequest(grant: grant, verb: .catalog, path: path, cacheTTLSeconds: 60)
      return try #require(CatalogCache.Key(try RequestRules.check(request)))
    }
    let answer = BrokerAnswer(status: 200, body: [UInt8](repeating: 0, count: 3000))
    for path in ["/a", "/b"] { cache.store(answer, key: try key(path), nowMs: 0) }
    #expect(cache.find(try key("/a"), ttlMs: 60, nowMs: 60) != nil)
    #expect(cache.find(try key("/a"), ttlMs: 60, nowMs: 61) == nil)
    for path in ["/c", "/d"] { cache.store(answer, key: try key(path), nowMs: 0) }
    #expect(cache.bytes <= 10_000)
    #expect(cache.find(try key("/b"), ttlMs: 60, nowMs: 0) == nil)
    #expect(cache.find(try key("/d"), ttlMs: 60, nowMs: 0) != nil)
    cache.store(BrokerAnswer(status: 200, body: [UInt8](repeating: 0, count: 20_000)), key: try key("/d"), nowMs: 0)
    #expect(cache.find(try key("/d"), ttlMs: 60, nowMs: 0) == nil)
    cache.forget(account: "acc-1")
    #expect(cache.bytes == 0)
  }
}
