import HTTP
import Testing

@Suite struct ParserFuzzTests {
  private static let corpus = [
    "GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n",
    "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\nhello world",
    "PUT /p HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n10;e=1\r\n0123456789abcdef\r\n0\r\nT: v\r\n\r\n",
    "GET / HTTP/1.0\r\nConnection: keep-alive\r\nX: \r\n\r\n",
    "\r\nHEAD http://h/p HTTP/1.1\r\nHost: x\r\n\r\n",
  ]
  private static let responses = [
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n",
    "HTTP/1.1 204\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\nuntil the end",
  ]

  /// Some messages after each other, with some bytes changed, lost or doubled.
  private static func stream(_ corpus: [String], _ random: inout SeededRandom) -> [UInt8] {
    var bytes: [UInt8] = []
    for _ in 0..<Int.random(in: 1...4, using: &random) { bytes += (corpus.randomElement(using: &random) ?? "").utf8 }
    for _ in 0..<([0, 0, 1, 2, 5].randomElement(using: &random) ?? 0) where !bytes.isEmpty {
      let at = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes.remove(at: at)
      case 2: bytes.insert(bytes[at], at: at)
      default: bytes[at] = "\r\n :;0%".utf8.randomElement(using: &random) ?? 0
      }
    }
    return bytes
  }

  @Test(arguments: 0..<20)
  func `requests parse alike however they are cut`(batch: Int) {
    for seed in UInt64(batch * 200)..<UInt64(batch * 200 + 200) {
      var random = SeededRandom(seed: seed)
      let bytes = Self.stream(Self.corpus, &random)
      let limits = seed % 3 == 0 ? HTTPLimits(line: 40, headerBytes: 60, headerCount: 2, body: 12) : HTTPLimits()
      let whole = parse([bytes], limits: limits)
      let cut = parse(split(bytes, &random), limits: limits)
      let single = parse(bytes.map { [$0] }, limits: limits)
      #expect(whole == cut, "seed \(seed)")
      #expect(whole == single, "seed \(seed)")
    }
  }

  @Test(arguments: 0..<10)
  func `responses parse alike however they are cut`(batch: Int) {
    for seed in UInt64(batch * 200)..<UInt64(batch * 200 + 200) {
      var random = SeededRandom(seed: seed)
      let bytes = Self.stream(Self.responses, &random)
      #expect(responseSummary([bytes]) == responseSummary(split(bytes, &random)), "seed \(seed)")
    }
  }

  @Test func `random bytes never trap`() {
    for seed in UInt64(0)..<2000 {
      var random = SeededRandom(seed: seed)
      let bytes = (0..<Int.random(in: 0...300, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      _ = parse(split(bytes, &random))
      _ = parse([Array("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".utf8), bytes])
      _ = responseSummary(split(bytes, &random))
      _ = responseSummary([Array("HTTP/1.1 200 OK\r\n".utf8), bytes])
    }
  }
}

/// Heads, joined bodies and ends, in order; bodies are joined because their cuts may differ.
func responseSummary(_ pieces: [[UInt8]], method: String = "GET") -> [String] {
  var parser = HTTPResponseParser(method: method)
  var log: [String] = []
  var body: [UInt8] = []
  func note(_ event: HTTPResponseParser.Event) {
    switch event {
    case .head(let head): log.append("head \(head.status) \(head.headers)")
    case .body(let part): body += part
    case .end(let keepAlive):
      log.append("end \(keepAlive) \(body)")
      body = []
    }
  }
  do throws(HTTPParseError) {
    for piece in pieces {
      parser.feed(piece)
      while let event = try parser.next() { note(event) }
    }
    if let event = try parser.close() { note(event) }
  } catch {
    log.append("error \(error.status) \(error.reason) \(body)")
  }
  return log
}
