import Foundation
import Glibc
import Synchronization
import Testing

@testable import Broker

@Suite(.timeLimit(.minutes(1))) struct ConnectionTests {
  @Test func `reads share a warm connection, also across accounts`() async throws {
    let server = try RawServer.answering()
    defer { server.stop() }
    let fixture = try BrokerFixture()
    for index in 0..<6 {
      let result = await fixture.broker.send(
        BrokerRequest(
          grant: try localGrant(server.port, account: "acc-\(index % 2)", credential: "token-of-\(index % 2)-0000"),
          verb: .poll, method: index == 3 ? "HEAD" : "GET", path: "/servers"))
      #expect(result.outcome.answer != nil || index == 3)
      #expect(result.times.newConnection == (index == 0))
    }
    #expect(server.accepted == 1)
    #expect(
      server.requests.map { $0.header("authorization") }
        == (0..<6).map { "Bearer token-of-\($0 % 2)-0000" })
  }

  @Test func `everything that is not a read has a connection of its own`() async throws {
    let server = try RawServer.answering()
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let grant = try localGrant(server.port)
    let kinds: [(BrokerVerb, String)] = [
      (.poll, "GET"), (.provision, "POST"), (.poll, "GET"), (.prepare, "PUT"), (.power, "PATCH"),
      (.terminate, "DELETE"), (.poll, "GET"),
    ]
    for (verb, method) in kinds {
      let result = await fixture.broker.send(BrokerRequest(grant: grant, verb: verb, method: method, path: "/servers"))
      #expect(result.outcome.answer?.status == 200)
    }
    #expect(server.accepted == 5)
    let lengths = server.requests.map { $0.header("content-length") }
    #expect(lengths == [nil, "0", nil, "0", "0", nil, nil])
  }

  @Test(arguments: ["POST", "PUT", "PATCH", "DELETE"])
  func `a server that reads a request on a warm pool and closes sees it once`(method: String) async throws {
    let server = try RawServer { server, connection in
      while let request = connection.request() {
        server.note(request)
        if !request.line.hasPrefix("GET") { return }
        connection.reply("{}")
      }
    }
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let grant = try localGrant(server.port)
    _ = await fixture.broker.send(BrokerRequest(grant: grant, verb: .poll, path: "/servers"))
    let verb: BrokerVerb = method == "DELETE" ? .terminate : .provision
    let result = await fixture.broker.send(
      BrokerRequest(grant: grant, verb: verb, method: method, path: "/servers/1", body: Array("{}".utf8)))
    #expect(result.outcome.noAnswer != nil)
    #expect(server.requests.count { $0.line.hasPrefix(method) } == 1)
    #expect(fixture.passages.count { $0.point == .bytesOut && $0.method.rawValue == method } == 1)
  }

  @Test func `a read on a warm connection that the server closed is repeated on a new one`() async throws {
    let server = try RawServer { server, connection in
      if let request = connection.request() {
        server.note(request)
        connection.reply("{}")
      }
      if connection.number == 1 {
        _ = connection.request()  // reads the second request and closes without an answer
        return
      }
      while let request = connection.request() {
        server.note(request)
        connection.reply("{}")
      }
    }
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let grant = try localGrant(server.port)
    for _ in 0..<2 {
      let result = await fixture.broker.send(BrokerRequest(grant: grant, verb: .poll, path: "/servers"))
      #expect(result.outcome.answer != nil)
    }
    #expect(server.accepted == 2)
  }

  @Test func `a redirect is not followed and the token stays`() async throws {
    let thief = try RawServer.answering()
    defer { thief.stop() }
    let server = try RawServer { _, connection in
      while connection.request() != nil {
        connection.reply("", status: "307 Temporary Redirect", headers: "Location: http://127.0.0.1:\(thief.port)/\r\n")
      }
    }
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let grant = try localGrant(server.port)
    for (verb, method) in [(BrokerVerb.poll, "GET"), (.provision, "POST")] {
      let result = await fixture.broker.send(BrokerRequest(grant: grant, verb: verb, method: method, path: "/servers"))
      #expect(result.outcome.answer?.status == 307)
      #expect(result.outcome.answer?.header("location") == "http://127.0.0.1:\(thief.port)/")
    }
    #expect(thief.accepted == 0)
  }

  @Test func `a Unix socket of the operator is used`() async throws {
    let folder = try TemporaryFolder()
    let server = try RawServer.answering("socket", unixPath: folder.path + "/api.sock")
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let endpoint = try ApprovedEndpoint(
      baseURL: "http://localhost/v1.41", auth: .none, operatorSet: true, unixSocket: folder.path + "/api.sock")
    let grant = AccountGrant(account: "engine", endpoints: ["api": endpoint]) { _ in nil }
    let read = await fixture.broker.send(
      BrokerRequest(grant: grant, verb: .list, path: "/containers/json", query: "all=1"))
    #expect(read.outcome.answer?.text == "socket")
    let made = await fixture.broker.send(
      BrokerRequest(
        grant: grant, verb: .provision, method: "POST", path: "/containers/create",
        headers: "Content-Type: application/json\n", body: Array("{}".utf8)))
    #expect(made.outcome.answer?.text == "socket")
    #expect(
      server.requests.map(\.line) == [
        "GET /v1.41/containers/json?all=1 HTTP/1.1", "POST /v1.41/containers/create HTTP/1.1",
      ])
    #expect(server.requests.allSatisfy { $0.header("authorization") == nil && $0.header("host") == "localhost" })
  }

  @Test(arguments: ["nothing there", "nobody listens", "no folder"])
  func `a Unix socket that cannot be reached is named, with the system's reason and the remedy`(how: String)
    async throws
  {
    let folder = try TemporaryFolder()
    let path = folder.path + (how == "no folder" ? "/none/api.sock" : "/api.sock")
    if how == "nobody listens" { try RawServer.answering(unixPath: path).stop() }
    let fixture = try BrokerFixture()
    let endpoint = try ApprovedEndpoint(baseURL: "http://localhost", auth: .none, operatorSet: true, unixSocket: path)
    let grant = AccountGrant(account: "engine", endpoints: ["api": endpoint]) { _ in nil }
    for verb in [BrokerVerb.list, .provision] {
      let method = verb == .list ? "GET" : "POST"
      let result = await fixture.broker.send(BrokerRequest(grant: grant, verb: verb, method: method, path: "/info"))
      let why = try #require(result.outcome.notSent)
      #expect(why.cause == .unreachable)
      #expect(why.reason.contains("the unix socket \(path), found: "), "\(why.reason)")
      let (words, remedy) =
        how == "nobody listens"
        ? ("Connection refused (errno 111)", "start what is to")
        : ("No such file or directory (errno 2)", "name another path")
      #expect(why.reason.contains(words) && why.reason.contains(remedy), "\(why.reason)")
      // Which request it was, and that it was not sent, is said by whoever shows it.
      #expect(!why.reason.contains("port 80") && !why.reason.contains("not sent") && !why.reason.contains("/info"))
    }
    #expect(fixture.records.map(\.ending) == [.notSent])
  }

  @Test func `a private address behind an approved name is not connected to`() async throws {
    let server = try RawServer.answering()
    defer { server.stop() }
    let fixture = try BrokerFixture()
    // A name of the manifest, not set by the operator, that stands for loopback.
    let endpoint = try ApprovedEndpoint(baseURL: "https://localhost:\(server.port)", auth: .bearer)
    let grant = AccountGrant(account: "acc", endpoints: ["api": endpoint]) { _ in Array(testToken.utf8) }
    let result = await fixture.broker.send(BrokerRequest(grant: grant, verb: .list, path: "/servers"))
    let why = try #require(result.outcome.notSent)
    #expect(why.cause == .refused)
    #expect(why.reason.contains("loopback"))
    #expect(server.accepted == 0)
  }

  @Test func `silent accounts delay no other account`() async throws {
    let silent = try FullListener()
    let mute = try RawServer { _, connection in connection.waitForEnd() }
    let server = try RawServer.answering()
    defer {
      server.stop()
      mute.stop()
    }
    let fixture = try BrokerFixture()
    var tickets: [BrokerTicket] = []
    let ended = Atomic<Int>(0)
    for index in 0..<60 {
      let port = index % 2 == 0 ? silent.port : mute.port
      let grant = try localGrant(port, account: "stuck-\(index % 4)")
      let request = BrokerRequest(grant: grant, verb: .provision, method: "POST", path: "/servers")
      tickets.append(fixture.broker.send(request) { _ in ended.add(1, ordering: .relaxed) })
    }
    for _ in 0..<20 {
      let result = await fixture.broker.send(
        BrokerRequest(grant: try localGrant(server.port, account: "well"), verb: .poll, path: "/servers"))
      #expect(result.outcome.answer != nil)
    }
    #expect(ended.load(ordering: .relaxed) == 0, "all of these came while every silent request still waited")
    for ticket in tickets { ticket.cancel() }
  }

  @Test func `requests of one account beyond its places wait, and beyond the queue are held back`() async throws {
    let release = Gate()
    let server = try RawServer { server, connection in
      while let request = connection.request() {
        server.note(request)
        if request.line.contains("/first") { release.block() }
        connection.reply("{}")
      }
    }
    defer { server.stop() }
    let fixture = try BrokerFixture(configure: {
      $0.concurrentPerAccount = 1
      $0.waitingPerAccount = 1
    })
    let grant = try localGrant(server.port)
    async let first = fixture.broker.send(BrokerRequest(grant: grant, verb: .poll, path: "/first"))
    _ = await server.nextRequest()
    async let second = fixture.broker.send(BrokerRequest(grant: grant, verb: .poll, path: "/second", timeoutMs: 50))
    #expect(await second.outcome.notSent?.cause == .timeout)
    let results = await withTaskGroup(of: BrokerResult.self) { group in
      for _ in 0..<2 {
        group.addTask { await fixture.broker.send(BrokerRequest(grant: grant, verb: .poll, path: "/x")) }
      }
      let held = await group.next()
      release.open()
      return [held, await group.next()]
    }
    #expect(results.first??.outcome.notSent?.cause == .held)
    #expect(results.last??.outcome.answer != nil)
    #expect(await first.outcome.answer != nil)
    #expect(!server.requests.contains { $0.line.contains("/second") })
  }
}
