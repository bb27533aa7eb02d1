import Remote
import RemoteProtocol
import Testing

private let frames: [RemoteFrame] = [
  .start(
    RemoteTask(
      user: "root", clientKey: [1, 2], acceptedHostKeys: [[3], [4, 5]], command: "sh -s", input: [0, 255],
      timeoutMs: 1_000, loginMs: 7, silenceMs: 8, credit: 9, outputLimit: 10)),
  .sign([1, 2, 3]), .signature([]),
  .result(RemoteResult(.exited(-1), output: [1], error: [2, 3], isCut: true)),
  .output(.output, [0, 1, 2]), .output(.error, []), .credit(.max), .credit(0), .input([7]),
  .result(RemoteResult(.hostKeyMismatch([9, 9]))), .result(RemoteResult(.signaled("KILL"))),
]

@Test func `every frame reads back, however it is cut`() throws {
  for cut in 1...7 {
    var buffer: [UInt8] = []
    var read: [RemoteFrame] = []
    let bytes = frames.flatMap { RemoteCodec.encode($0) }
    var rest = bytes[...]
    while !rest.isEmpty {
      buffer += rest.prefix(cut)
      rest = rest.dropFirst(cut)
      while let frame = try RemoteCodec.take(&buffer) { read.append(frame) }
    }
    #expect(read == frames)
    #expect(buffer.isEmpty)
  }
}

@Test func `random bytes are refused or wait for more, and never trap`() {
  var random = SystemRandomNumberGenerator()
  var refused = 0
  for _ in 0..<20_000 {
    var bytes = RemoteCodec.encode(frames[Int(random.next() % UInt64(frames.count))])
    for _ in 0..<3 { bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next()) }
    do { while try RemoteCodec.take(&bytes) != nil {} } catch { refused += 1 }
  }
  #expect(refused > 0)
}

@Test func `an ending's text is one short line of printable characters, whatever a server said`() throws {
  let hostile = "\u{1B}[2Jgone\n\u{0}é" + String(repeating: "x", count: 100_000)
  var bytes = RemoteCodec.encode(.result(RemoteResult(.handshakeFailed(hostile))))
  guard case .result(let read)? = try RemoteCodec.take(&bytes), case .handshakeFailed(let text) = read.ending else {
    Issue.record("the frame did not read back")
    return
  }
  #expect(text.hasPrefix("?[2Jgone????xxx"))
  #expect(text.utf8.count == RemoteCodec.textLimit)
}

@Test func `user data holds what it is given, encoded and never spliced`() throws {
  let text = try CloudInit.document(
    hostKey: ("PEM\nline \"quoted\"\n", "ssh-ed25519 AAAA"), authorizedKeys: ["k1", "k2\n- evil"])
  #expect(text.hasPrefix("#cloud-config\n{"))
  #expect(text.contains(#""ed25519_private":"PEM\nline \"quoted\"\n""#))
  #expect(text.contains(#"["k1","k2\n- evil"]"#))
  #expect(throws: CloudInit.Problem.self) {
    try CloudInit.document(hostKey: nil, authorizedKeys: [String(repeating: "x", count: 40_000)])
  }
}
