import Crypto
import Testing

@testable import Broker

@Suite struct CourierWebhookTests {
  private func post(
    _ url: String, body: String = "{}", secret: String? = nil, allowPrivate: Bool = true
  ) throws -> WebhookPost {
    try WebhookPost(
      url: url, id: "01J00000000000000000000000", attempt: 3, body: Array(body.utf8),
      secret: secret.map { SecretBytes(copying: Array($0.utf8)) }, unixSeconds: 1_700_000_000,
      allowPrivate: allowPrivate)
  }

  private func result(status: String, headers: String = "", body: String = "") async throws -> CourierResult {
    let server = try RawServer { server, connection in
      while let request = connection.request() {
        server.note(request)
        connection.reply(body, status: status, headers: headers)
      }
    }
    defer { server.stop() }
    let result = await Courier().deliver(try post("http://127.0.0.1:\(server.port)/hook"))
    #expect(server.requests.count == 1)
    return result
  }

  @Test func `a receiver can compute the signature from what it got`() async throws {
    let server = try RawServer.answering()
    defer { server.stop() }
    let url = "http://127.0.0.1:\(server.port)/hooks/one/?key=a%20b"
    #expect(await Courier().deliver(try post(url, body: "{\"a\":1}", secret: "sesame")) == .delivered)
    let request = try #require(await server.nextRequest())
    #expect(request.line == "POST /hooks/one/?key=a%20b HTTP/1.1")
    #expect(String(decoding: request.body, as: UTF8.self) == "{\"a\":1}")
    #expect(request.header("slipway-notice-id") == "01J00000000000000000000000")
    #expect(request.header("slipway-attempt") == "3")
    #expect(request.header("content-type") == "application/json")
    // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac sesame
    #expect(
      request.header("slipway-signature")
        == "t=1700000000,v1=961ee441db69fca5ccc174d9488a77f3c0397cd3ce633bd80dbc6e3320242468")
  }

  @Test func `without a secret there is no signature`() async throws {
    let server = try RawServer.answering()
    defer { server.stop() }
    #expect(await Courier().deliver(try post("http://127.0.0.1:\(server.port)")) == .delivered)
    #expect(await server.nextRequest()?.header("slipway-signature") == nil)
  }

  @Test(arguments: ["500 Oops", "429 Slow", "404 Where", "401 Who"])
  func `what may pass is tried again`(status: String) async throws {
    #expect(try await result(status: status) == .again("the webhook answered \(status.prefix(3))"))
  }

  @Test(arguments: ["410 Gone", "400 Bad", "413 Big"]) func `what will not pass is not`(status: String) async throws {
    #expect(try await result(status: status) == .never("the webhook answered \(status.prefix(3))"))
  }

  @Test func `a redirect is not followed`() async throws {
    let server = try RawServer.answering()
    defer { server.stop() }
    let location = "Location: http://127.0.0.1:\(server.port)/\r\n"
    guard case .never(let why) = try await result(status: "307 There", headers: location) else {
      Issue.record("it was followed, or is tried again")
      return
    }
    #expect(why.contains("redirects are not followed"))
    #expect(server.accepted == 0)
  }

  @Test func `an endless answer is cut and its status counts`() async throws {
    #expect(try await result(status: "200 OK", body: String(repeating: "x", count: 1 << 20)) == .delivered)
  }

  @Test func `loopback is refused where the operator did not allow it`() async throws {
    let server = try RawServer.answering()
    defer { server.stop() }
    let result = await Courier().deliver(try post("http://127.0.0.1:\(server.port)/", allowPrivate: false))
    guard case .never(let why) = result else {
      Issue.record("\(result)")
      return
    }
    #expect(why.contains("notify.allow_private"))
    #expect(server.accepted == 0)
  }

  @Test func `a receiver that never answers costs no more than the limit`() async throws {
    let server = try RawServer { _, connection in connection.waitForEnd() }
    defer { server.stop() }
    let result = await Courier(timeoutMs: 200).deliver(try post("http://127.0.0.1:\(server.port)/"))
    guard case .again = result else {
      Issue.record("\(result)")
      return
    }
  }

  @Test(arguments: [
    "ftp://example.com", "https://u:p@example.com/", "https://example.com/?a b", "https://e.com/?a\r\nX: y",
  ])
  func `an address that is no plain URL is refused before anything is sent`(url: String) {
    #expect(throws: BrokerRefusal.self) { try post(url) }
  }

  @Test func `http, private and reserved addresses follow the operator's choice`() {
    let lan = AddressRules.Address.ipv4([10, 0, 0, 5])
    #expect(CourierRules.webhookRefusal(lan, scheme: .https, allowPrivate: false) != nil)
    #expect(CourierRules.webhookRefusal(lan, scheme: .https, allowPrivate: true) == nil)
    #expect(CourierRules.webhookRefusal(lan, scheme: .http, allowPrivate: true) != nil)
    #expect(CourierRules.webhookRefusal(.ipv4([8, 8, 8, 8]), scheme: .http, allowPrivate: true) != nil)
    #expect(CourierRules.webhookRefusal(.ipv4([8, 8, 8, 8]), scheme: .https, allowPrivate: false) == nil)
    #expect(CourierRules.webhookRefusal(.ipv4([0, 0, 0, 0]), scheme: .https, allowPrivate: true) != nil)
  }
}
