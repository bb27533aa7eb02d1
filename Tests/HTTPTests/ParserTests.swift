import HTTP
import Testing

/// All events of some bytes that arrive in one piece, and the error that ended them.
func parse(_ text: String, limits: HTTPLimits = HTTPLimits()) -> ([HTTPParser.Event], HTTPParseError?) {
  parse([Array(text.utf8)], limits: limits)
}

func parse(_ pieces: [[UInt8]], limits: HTTPLimits = HTTPLimits()) -> ([HTTPParser.Event], HTTPParseError?) {
  var parser = HTTPParser(limits: limits)
  var events: [HTTPParser.Event] = []
  do throws(HTTPParseError) {
    for piece in pieces {
      parser.feed(piece)
      while let event = try parser.next() { events.append(event) }
    }
    return (events, nil)
  } catch {
    return (events, error)
  }
}

func requests(_ events: [HTTPParser.Event]) -> [HTTPParsedRequest] {
  events.compactMap { if case .request(let parsed) = $0 { parsed } else { nil } }
}

/// The bytes cut at random places.
func split(_ bytes: [UInt8], _ random: inout SeededRandom) -> [[UInt8]] {
  var pieces: [[UInt8]] = []
  var rest = bytes[...]
  while !rest.isEmpty {
    let piece = rest.prefix(Int.random(in: 1...max(1, min(rest.count, 40)), using: &random))
    pieces.append(Array(piece))
    rest = rest.dropFirst(piece.count)
  }
  return pieces
}

@Suite struct ParserTests {
  @Test func `a request with a body is taken apart`() throws {
    let (events, error) = parse(
      "POST /v1/resources?dry=1&x=a%20b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nX-Two:  some value \t\r\n\r\nhello")
    #expect(error == nil)
    let parsed = try #require(requests(events).first)
    #expect(parsed.request.method == "POST")
    #expect(parsed.request.path == "/v1/resources")
    #expect(parsed.request.query == "dry=1&x=a%20b")
    #expect(parsed.request.query("x") == "a b")
    #expect(parsed.request.header("x-two") == "some value")
    #expect(parsed.request.body == Array("hello".utf8))
    #expect(parsed.keepAlive && parsed.minor == 1)
  }

  @Test func `a chunked body is put together, its extensions and trailers dropped`() throws {
    let (events, error) = parse(
      "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
        + "5;name=\"x\"\r\nhello\r\nA \r\n 012345678\r\n0\r\nTrailer: t\r\n\r\n")
    #expect(error == nil)
    let parsed = try #require(requests(events).first)
    #expect(parsed.request.body == Array("hello 012345678".utf8))
    #expect(parsed.request.header("trailer") == nil)
  }

  @Test func `requests that are sent ahead come out one after the other`() {
    let (events, error) = parse(
      "GET /a HTTP/1.1\r\nHost: a\r\n\r\n\r\nPOST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nxGET /c HTTP/1.0\r\n\r\n"
    )
    #expect(error == nil)
    #expect(requests(events).map(\.request.path) == ["/a", "/b", "/c"])
    #expect(requests(events).map(\.keepAlive) == [true, true, false])
  }

  @Test(arguments: [
    ("GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n", false),
    ("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, close\r\n\r\n", false),
    ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true),
    ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true),
  ])
  func `the connection header decides whether the connection lives on`(text: String, keepAlive: Bool) {
    #expect(requests(parse(text).0).map(\.keepAlive) == [keepAlive])
  }

  @Test func `a client that waits for 100 Continue is told of before its body came`() {
    let head = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n"
    #expect(parse(head).0 == [.continueExpected])
    #expect(parse(head + "ab").0.count == 2)
    #expect(parse("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n").0.count == 1)
  }

  @Test func `the absolute form of a target gives its path`() {
    let (events, _) = parse(
      "GET http://cloud.example/v1?q=1 HTTP/1.1\r\nHost: a\r\n\r\nGET HTTP://h?q HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(requests(events).map(\.request.path) == ["/v1", "/"])
    #expect(requests(events).map(\.request.query) == ["q=1", "q"])
  }

  @Test(arguments: [
    ("GET /\r\n\r\n", 400), ("GET  / HTTP/1.1\r\n\r\n", 400), ("get / HTTP/1.1\r\n\r\n", 400),
    ("G\u{1}T / HTTP/1.1\r\n\r\n", 400), (" GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1 \r\n\r\n", 400),
    ("GET x HTTP/1.1\r\n\r\n", 400), ("GET /a#b HTTP/1.1\r\n\r\n", 400), ("GET /%zz HTTP/1.1\r\n\r\n", 400),
    ("GET /%4 HTTP/1.1\r\n\r\n", 400), ("GET /é HTTP/1.1\r\n\r\n", 400), ("\r\n\r\n", 400),
    ("GET / HTTP/2.0\r\n\r\n", 505), ("GET / HTTP/1.2\r\n\r\n", 505), ("GET / HTTQ/1.1\r\n\r\n", 400),
    ("GET / HTTP/11\r\n\r\n", 400), ("GET / HTTP/1.1\nHost: a\n\n", 400), ("GET / HT\rTP/1.1\r\n", 400),
    ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400), ("GET / HTTP/1.1\r\n: a\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\u{0}\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400), ("GET / HTTP/1.1\r\nH(st: a\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n", 413),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4194305\r\n\r\n", 413),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 501),
    ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", 417),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n", 413),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\na\r\n", 400),
  ])
  func `what is not strictly HTTP is refused`(text: String, status: Int) {
    let (events, error) = parse(text)
    #expect(events.isEmpty)
    #expect(error?.status == status, "\(text.debugDescription): \(error?.reason ?? "accepted")")
  }

  @Test func `limits hold exactly`() {
    let limits = HTTPLimits(line: 20, headerBytes: 30, headerCount: 2, body: 4)
    func status(_ text: String) -> Int? { parse(text, limits: limits).1?.status }
    #expect(status("GET /2345678 HTTP/1.0\r\n\r\n") == 414)
    #expect(status("GET /234567 HTTP/1.0\r\n\r\n") == nil)
    #expect(status("GET / HTTP/1.0\r\nabc: 678901234567890\r\n\r\n") == nil)
    #expect(status("GET / HTTP/1.0\r\nabc: 6789012345678901\r\n\r\n") == 431)
    #expect(status("GET / HTTP/1.0\r\na: b\r\nc: d\r\n\r\n") == nil)
    #expect(status("GET / HTTP/1.0\r\na: b\r\nc: d\r\ne: f\r\n\r\n") == 431)
    #expect(status("GET / HTTP/1.0\r\na: 4567890123\r\nc: 4567890123\r\n\r\n") == nil)
    #expect(status("GET / HTTP/1.0\r\na: 4567890123\r\nc: 45678901234\r\n\r\n") == 431)
    #expect(status("PUT / HTTP/1.0\r\ncontent-length: 4\r\n\r\n1234") == nil)
    #expect(status("PUT / HTTP/1.0\r\ncontent-length: 5\r\n\r\n") == 413)
  }

  @Test func `a line that never ends is refused before it fills the memory`() {
    var parser = HTTPParser()
    parser.feed(Array(repeating: UInt8(ascii: "a"), count: 8194))
    #expect(throws: HTTPParseError.self) { try parser.next() }
  }

  @Test func `an error stays`() {
    var parser = HTTPParser()
    parser.feed(Array("BAD\r\n\r\n".utf8))
    #expect(throws: HTTPParseError.self) { try parser.next() }
    parser.feed(Array("GET / HTTP/1.0\r\n\r\n".utf8))
    #expect(throws: HTTPParseError.self) { try parser.next() }
  }
}
