import CloudSim
import Foundation
import HTTP
import System
import Testing

/// Faults as they arrive over a real connection.
@Suite struct EdgeTests {
  private func serve(
    _ body: (HTTPClient, CloudServer<HetznerCloud>) async throws -> Void
  ) async throws {
    let reactor = try Reactor(name: "edge-test")
    let cloud = HetznerCloud(token: "secret", settings: .fast, start: Clock.wall())
    let address = try #require(SocketAddress("127.0.0.1", port: 0))
    let server = try CloudServer(cloud, at: address, on: reactor)
    let endpoint = HTTPEndpoint.tcp(try #require(SocketAddress("127.0.0.1", port: server.port)))
    do { try await body(HTTPClient(endpoint, on: reactor), server) } catch {
      await server.stop()
      reactor.stop()
      throw error
    }
    await server.stop()
    reactor.stop()
  }

  private func request(_ method: String, _ path: String, _ body: JSON? = nil) -> HTTPRequest {
    HTTPRequest(
      method: method, path: path, headers: [HTTPField("authorization", "Bearer secret")], body: body?.bytes ?? [])
  }

  @Test func `The API and the admin endpoint answer on one port`() async throws {
    try await serve { client, server in
      #expect(server.url == "http://127.0.0.1:\(server.port)/v1")
      let made = try await client.send(request("POST", "/v1/servers", Client.order()))
      #expect(made.status == 201)
      let list = try await client.send(
        HTTPRequest(method: "GET", path: "/v1/servers", query: "per_page=1", headers: request("GET", "/").headers))
      #expect(list.header("link")?.contains(server.url + "/servers?page=1&per_page=1") == true)
      let ledger = try await client.send(HTTPRequest(method: "GET", path: "/_sim/ledger"))
      #expect(ledger.json?["open"]?.int == 1)
    }
  }

  @Test func `A dropped connection sends no byte, and the cloud knows whether it acted`() async throws {
    try await serve { client, server in
      for (kind, count) in [("drop_unread", 0), ("drop_answer", 1)] {
        _ = try await client.send(request("PUT", "/_sim/faults", ["kind": .string(kind), "method": "POST"]))
        await #expect(throws: HTTPClientError.self) {
          _ = try await client.send(request("POST", "/v1/servers", Client.order()))
        }
        #expect(server.with { $0.servers.count } == count, "\(kind)")
      }
    }
  }

  @Test func `A cut answer has its full length announced`() async throws {
    try await serve { client, server in
      _ = try await client.send(request("PUT", "/_sim/faults", ["kind": "truncate", "bytes": 30]))
      let answer = try await client.open(request("POST", "/v1/servers", Client.order()))
      #expect(answer.head.status == 201)
      var arrived: [UInt8] = []
      await #expect(throws: HTTPClientError.self) {
        while let part = try await answer.nextPart() { arrived += part }
      }
      #expect((30...35).contains(arrived.count) && arrived.starts(with: Array("{\"server\":".utf8)))
      #expect(server.with { $0.servers.count } == 1)
    }
  }

  @Test func `A late answer comes after its client gave up, and was carried out`() async throws {
    try await serve { client, server in
      _ = try await client.send(request("PUT", "/_sim/faults", ["kind": "delay", "ms": 60_000]))
      await #expect(throws: HTTPClientError.self) {
        _ = try await client.send(request("POST", "/v1/servers", Client.order()), timeout: .milliseconds(50))
      }
      #expect(server.with { $0.servers.count } == 1)
    }
  }

  @Test func `The clock moves without anybody waiting`() async throws {
    try await serve { client, _ in
      let settings: JSON = ["create_ms": 600_000]
      _ = try await client.send(request("POST", "/_sim/settings", settings))
      let made = try await client.send(request("POST", "/v1/servers", Client.order()))
      let id = try #require(made.json?["server"]?["id"]?.int)
      let before = try await client.send(request("GET", "/v1/servers/\(id)"))
      #expect(before.json?["server"]?["status"] == "initializing")
      _ = try await client.send(request("POST", "/_sim/clock", ["advance_ms": 600_000]))
      let after = try await client.send(request("GET", "/v1/servers/\(id)"))
      #expect(after.json?["server"]?["status"] == "running")
    }
  }
}
