import Foundation
import Synchronization
import Testing

@testable import Broker

@Suite(.timeLimit(.minutes(1))) struct AnswerTests {
  @Test func `a gzip bomb is stopped at the cap, counted after decoding`() async throws {
    let bomb = try gzip(bytes: 64 << 20)
    #expect(bomb.count < 1 << 20)
    let server = try RawServer { _, connection in
      guard connection.request() != nil else { return }
      connection.write("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(bomb.count)\r\n\r\n")
      connection.write(bomb)
    }
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let result = await fixture.broker.send(
      BrokerRequest(grant: try localGrant(server.port), verb: .list, path: "/servers", maxResponseBytes: 1 << 20))
    #expect(result.outcome.noAnswer?.reason.contains("1048576 bytes after decoding") == true)
    #expect(result.outcome.noAnswer?.status == 200)
  }

  @Test func `a compressed answer is decoded, and one of exactly the cap is accepted`() async throws {
    let body = try gzip(bytes: 4096)
    let server = try RawServer { _, connection in
      while connection.request() != nil {
        connection.write("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(body.count)\r\n\r\n")
        connection.write(body)
      }
    }
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let grant = try localGrant(server.port)
    var request = BrokerRequest(grant: grant, verb: .list, path: "/servers", maxResponseBytes: 4096)
    #expect(await fixture.broker.send(request).outcome.answer?.body == [UInt8](repeating: 0, count: 4096))
    request.maxResponseBytes = 4095
    #expect(await fixture.broker.send(request).outcome.noAnswer != nil)
  }

  @Test func `headers without end are stopped`() async throws {
    let server = try RawServer { _, connection in
      guard connection.request() != nil else { return }
      connection.write("HTTP/1.1 200 OK\r\n")
      for index in 0..<5000 { connection.write("X-\(index): \(String(repeating: "y", count: 100))\r\n") }
    }
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let result = await fixture.broker.send(BrokerRequest(grant: try localGrant(server.port), verb: .list, path: "/"))
    #expect(result.outcome.noAnswer?.reason.contains("headers are longer") == true)
  }

  @Test func `a credential that the cloud sends back does not reach the plugin`() async throws {
    let server = try RawServer.answering(
      "{\"error\":\"bad token \(testToken)!\"}", headers: "X-Echo: \(testToken)\r\n")
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let result = await fixture.broker.send(
      BrokerRequest(grant: try localGrant(server.port), verb: .provision, method: "POST", path: "/servers"))
    let answer = try #require(result.outcome.answer)
    #expect(answer.text == "{\"error\":\"bad token \(String(repeating: "*", count: testToken.count))!\"}")
    #expect(!"\(result)\(fixture.records)\(fixture.heads)".contains(testToken))
  }

  @Test func `Retry-After is read when it is a number of seconds`() {
    func answer(_ value: String) -> BrokerAnswer {
      BrokerAnswer(status: 429, headers: [BrokerHeader("retry-after", value)])
    }
    #expect(answer("7").retryAfterMs == 7000)
    #expect(answer("99999999999999").retryAfterMs == 86_400_000)
    #expect(answer("-1").retryAfterMs == 0)
    #expect(answer("Wed, 21 Oct 2026 07:28:00 GMT").retryAfterMs == 0)
    #expect(BrokerAnswer(status: 200).retryAfterMs == 0)
  }

  @Test(
    arguments: [
      (CredentialScheme.none, "u:password9", nil, nil),
      (.bearer, "tok-12345", "Bearer tok-12345", nil),
      (.header("X-Auth-Token"), "tok-12345", nil, "tok-12345"),
      (.basic, "user:päss", "Basic dXNlcjpww6Rzcw==", nil),
    ] as [(CredentialScheme, String, String?, String?)])
  func `each scheme puts the credential in its place`(
    scheme: CredentialScheme, credential: String, authorization: String?, own: String?
  ) async throws {
    let server = try RawServer.answering()
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let grant = try localGrant(server.port, auth: scheme, credential: credential)
    let result = await fixture.broker.send(BrokerRequest(grant: grant, verb: .list, path: "/servers"))
    #expect(result.outcome.answer != nil)
    let request = try #require(server.requests.first)
    #expect(request.header("authorization") == authorization)
    #expect(request.header("x-auth-token") == own)
    #expect(request.line == "GET /v1/servers HTTP/1.1")
  }

  @Test func `the query scheme adds its member, and no report shows it`() async throws {
    let server = try RawServer.answering()
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let good = try localGrant(server.port, auth: .query("api_key"), credential: "a&b=c/9 ü")
    for query in ["", "page=1"] {
      let result = await fixture.broker.send(
        BrokerRequest(grant: good, verb: .provision, method: "POST", path: "/servers", query: query))
      #expect(result.outcome.answer != nil)
    }
    #expect(
      server.requests.map { $0.line.lowercased() } == [
        "post /v1/servers?api_key=a%26b%3dc%2f9%20%c3%bc http/1.1",
        "post /v1/servers?page=1&api_key=a%26b%3dc%2f9%20%c3%bc http/1.1",
      ])
    #expect(!"\(fixture.records)\(fixture.passages)".contains("a%26b"))
  }

  @Test func `an AWS signature is made by libcurl`() async throws {
    let server = try RawServer.answering()
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let grant = try localGrant(
      server.port, auth: .awsSigV4("aws:amz:eu-central-1:ec2"), credential: "AKIDEXAMPLE:wJalrXUtnFEMI")
    let result = await fixture.broker.send(
      BrokerRequest(
        grant: grant, verb: .provision, method: "POST", path: "/", headers: "Content-Type: text/plain\n",
        body: Array("Action=RunInstances".utf8)))
    #expect(result.outcome.answer != nil)
    let request = try #require(server.requests.first)
    #expect(request.header("authorization")?.hasPrefix("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") == true)
    #expect(request.header("x-amz-date") != nil)
    #expect(!request.head.contains("wJalrXUtnFEMI"))
  }

  @Test func `base64 is that of RFC 4648`() {
    let vectors = [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy"),
    ]
    for (text, encoded) in vectors {
      #expect(String(decoding: CredentialPlacement.base64(Array(text.utf8)), as: UTF8.self) == encoded)
    }
  }

  @Test func `headers and body of a request arrive as they were given`() async throws {
    let server = try RawServer.answering()
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let body = [UInt8]((0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    let result = await fixture.broker.send(
      BrokerRequest(
        grant: try localGrant(server.port), verb: .prepare, method: "PUT", path: "/archive",
        headers: "Content-Type: application/x-tar\nX-Empty:\nUser-Agent: mine\n", body: body))
    #expect(result.outcome.answer != nil)
    let request = try #require(server.requests.first)
    #expect(request.body == body)
    #expect(request.header("content-type") == "application/x-tar")
    #expect(request.header("x-empty") == "")
    #expect(request.header("user-agent") == "mine")
    #expect(request.header("expect") == nil)
    let bare = await fixture.broker.send(
      BrokerRequest(grant: try localGrant(server.port), verb: .prepare, method: "POST", path: "/x", body: [1]))
    #expect(bare.outcome.answer != nil)
    #expect(server.requests.last?.header("content-type") == nil)
    #expect(server.requests.last?.header("user-agent") == "slipway")
  }

  @Test func `redaction takes secrets out of a body and leaves the rest`() {
    func redacted(_ text: String) -> String { String(decoding: Redaction.redacted(Array(text.utf8)), as: UTF8.self) }
    #expect(
      redacted(#"{"id": 1, "Root_Password": "x\"y", "a": [{"token":{"v":1}, "b": null}], "user_data":"z"#)
        == #"{"id": 1, "Root_Password":"[redacted]", "a": [{"token":"[redacted]", "b": null}], "user_data":"[redacted]""#
    )
    #expect(redacted(#"["password", "x"]"#) == #"["password", "x"]"#)
    #expect(redacted("") == "")
  }
}

/// So many zero bytes, compressed by the gzip program.
func gzip(bytes: Int) throws -> [UInt8] {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/bin/sh")
  process.arguments = ["-c", "head -c \(bytes) /dev/zero | gzip -c"]
  let pipe = Pipe()
  process.standardOutput = pipe
  try process.run()
  let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
  process.waitUntilExit()
  return Array(data)
}
