import Foundation
import Testing

@testable import Broker

/// A small generator with a seed, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

@Suite(.timeLimit(.minutes(1))) struct RequestFuzzTests {
  static let pathPieces = [
    "/", "//", "..", ".", "%2e", "%2E", "%2f", "%5c", "\\", "#", "?", "@", ":", ";", "a", "servers", "%00", "%0d",
    "%0a",
    "\r\n", "\n", " ", "%20", "%25", "%", "ä", "\u{0}", "evil.example", "[::1]", "%c0%ae", "~", "*", "&", "=", "+", "'",
    "\"",
  ]

  static func path(_ random: inout SeededGenerator) -> String {
    let count = Int.random(in: 1...8, using: &random)
    return (Bool.random(using: &random) ? "/" : "")
      + (0..<count).compactMap { _ in pathPieces.randomElement(using: &random) }.joined()
  }

  @Test(arguments: 1...8) func `an allowed path stays below its base, as another URL parser sees it`(seed: Int) throws {
    var random = SeededGenerator(state: UInt64(seed))
    let grant = try RequestRulesTests.grant(base: "https://api.example.com/base")
    var allowed = 0
    for _ in 0..<5000 {
      let path = Self.path(&random)
      let request = BrokerRequest(grant: grant, verb: .list, path: path)
      guard let checked = try? RequestRules.check(request) else { continue }
      allowed += 1
      let plan = TransferPlan(checked, streamed: false)
      let text = "https://\(plan.host)\(plan.path)"
      let url = try #require(URL(string: text), "\(text)")
      #expect(url.host() == "api.example.com", "\(text)")
      #expect(url.standardized.path(percentEncoded: false).hasPrefix("/base"), "\(text)")
      #expect(!url.path(percentEncoded: false).components(separatedBy: "/").contains(".."), "\(text)")
      #expect(url.fragment() == nil && url.query() == nil && url.user() == nil, "\(text)")
    }
    #expect(allowed > 50)
  }

  @Test func `allowed paths and queries arrive at the server as they were written`() async throws {
    let server = try RawServer.answering()
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let grant = try localGrant(server.port, base: "/base")
    var random = SeededGenerator(state: 99)
    var expected: [String] = []
    while expected.count < 150 {
      let path = Self.path(&random)
      let query = String(Self.path(&random).dropFirst())
      let request = BrokerRequest(grant: grant, verb: .list, path: path, query: query)
      guard RequestRulesTests.refusal(request) == nil else { continue }
      expected.append("get /base\(path)\(query.isEmpty ? "" : "?\(query)") http/1.1".lowercased())
      let result = await fixture.broker.send(request)
      #expect(result.outcome.answer != nil, "\(path) \(query): \(result.outcome)")
    }
    #expect(server.requests.map { $0.line.lowercased() } == expected)
    #expect(server.requests.allSatisfy { $0.header("host") == "127.0.0.1:\(server.port)" })
  }

  @Test(arguments: 1...8) func `allowed headers are the lines that they seem to be`(seed: Int) throws {
    let pieces = [
      "Host", "X-A", "Content-Length", "cookie", ":", ": ", "\n", "\r\n", "\r", "\u{0}", " ", "\t", "value", "Proxy-X",
      ";",
      "Transfer-Encoding", "chunked", "ä", "\u{1b}", ",", "GET / HTTP/1.1", "authorization",
    ]
    var random = SeededGenerator(state: UInt64(seed))
    for _ in 0..<5000 {
      let text = (0..<Int.random(in: 1...10, using: &random)).compactMap { _ in pieces.randomElement(using: &random) }
        .joined()
      guard let fields = try? HeaderRules.parse(text, scheme: .bearer) else { continue }
      let wire = fields.map { "\($0.name): \($0.value)\r\n" }.joined()
      let lines = Array(wire.utf8).split(whereSeparator: { $0 == 10 || $0 == 13 || $0 == 0 })
      #expect(lines.count == fields.count)
      for line in lines {
        let name = String(decoding: line.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self).lowercased()
        #expect(!name.isEmpty && !HeaderRules.reserved.contains(name) && !name.hasPrefix("proxy-"))
      }
    }
  }

  @Test(arguments: 1...4) func `an answer's head of any bytes is read without harm`(seed: Int) {
    var random = SeededGenerator(state: UInt64(seed))
    let pieces = [
      "HTTP/1.1 200 OK", "HTTP/1.1 ", "HTTP/", "\r\n", "X: y", ":", " folded", "\u{0}", "Set-Cookie: a",
      "99999999999999999999",
    ]
    for _ in 0..<3000 {
      var collector = ResponseCollector()
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        let line = (0..<3).compactMap { _ in pieces.randomElement(using: &random) }.joined()
        _ = collector.take(line: Array(line.utf8))
      }
      #expect(collector.headers.allSatisfy { $0.name == $0.name.lowercased() && !$0.value.utf8.contains(0) })
    }
  }

  @Test(arguments: 1...4) func `redaction of any bytes never leaves the marked secret`(seed: Int) {
    var random = SeededGenerator(state: UInt64(seed))
    let pieces = ["{", "}", "[", "]", ",", ":", "\"a\"", "\"", "\\", " ", "1", "\"b\": [1, {\"c\": \"}\"}]"]
    for _ in 0..<3000 {
      let before = (0..<Int.random(in: 0...6, using: &random)).compactMap { _ in pieces.randomElement(using: &random) }
        .joined()
      _ = Redaction.redacted(Array(before.utf8))
      let json = "{\"x\":1,\"root_password\" : [\"SECRET\", {\"k\":\"SECRET\"}], \"after\":2" + before
      let text = String(decoding: Redaction.redacted(Array(json.utf8)), as: UTF8.self)
      #expect(!text.contains("SECRET"))
      #expect(text.contains("\"after\":2"))
    }
  }
}
