import RemoteProtocol
import Testing

@testable import Remote

private let name = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
private let session: [UInt8] =
  Array(
    "motd\r\nno end of line slipway run \(name)\nready\nattached\ncloud-init ended 0 done\nrunning 1700000000\no 0 5\nab\n"
      .utf8)
  + [0, 255] + Array("e 0 1\n\nalive\nended exited 3 1234 1 0 5 1 .\n".utf8)

private func job(_ limits: OutputLimits = OutputLimits()) throws -> RecipeJob {
  RecipeJob(run: name, body: try RunBody([1]), timeout: .seconds(5), limits: limits)
}

private func greeted(_ lines: String) -> [UInt8] { Array("slipway run \(name)\n\(lines)".utf8) }

/// The reading of what a VM prints about a run; it may be hostile.
@Suite struct RunReaderTests {
  @Test func `a session reads the same however it is cut`() throws {
    for cut in [1, 2, 3, 7, 1_000] {
      var progress = RunProgress(try job())
      var log: [RecipeEvent] = []
      for start in stride(from: 0, to: session.count, by: cut) {
        log += try progress.take(Array(session[start..<min(start + cut, session.count)]))
      }
      let ending = try #require(progress.ending)
      #expect(ending.outcome == .exited(3))
      #expect(ending.duration == .milliseconds(1_234))
      #expect(ending.memoryKills == 1)
      #expect(ending.hasBegun)
      #expect(ending.cloudInit == CloudInitReport(.ended(0), status: "done"))
      let output = log.flatMap { event -> [UInt8] in
        if case .output(.output, _, let bytes) = event { bytes } else { [] }
      }
      #expect(output == Array("ab\n".utf8) + [0, 255])
      #expect(progress.offsets == OutputOffsets(output: 5, error: 1))
    }
  }

  @Test(arguments: [
    "hello", "o 0", "o 0 0", "o -1 5", "o 1 99999999999999999999", "x 0 5", "running x", "attached now",
    "ended exited 3",
    "ended exited 256 0 0 0 0 0 .", "ended signaled 0 0 0 0 0 0 .", "ended well 0 0 0 0 0 0 .", "interrupted maybe",
    "refused because", "cloud-init ended 256", "cloud-init", "",
  ]) func `what is no record is refused`(line: String) throws {
    var progress = RunProgress(try job())
    #expect(throws: MalformedRun.self) { try progress.take(greeted(line + "\n")) }
    #expect(progress.ending == nil)
  }

  @Test func `permission is asked for once in a connection, and not for what has begun`() throws {
    var progress = RunProgress(try job())
    #expect(try progress.take(greeted("ready\n")) == [] && progress.isReady)
    #expect(throws: MalformedRun.self) { try progress.take(Array("ready\n".utf8)) }
    progress.connect()
    #expect(!progress.isReady)
    #expect(try progress.take(greeted("attached\n")) == [.attached])
    #expect(throws: MalformedRun.self) { try progress.take(Array("ready\n".utf8)) }
  }

  @Test func `without a greeting nothing counts, and a login shell may not talk for ever`() throws {
    var progress = RunProgress(try job())
    #expect(try progress.take(Array("attached\nended exited 0 0 0 0 0 0 .\n".utf8)) == [])
    #expect(progress.ending == nil)
    #expect(!progress.isAttached)
    #expect(throws: MalformedRun.self) {
      for _ in 0..<70 { _ = try progress.take([UInt8](repeating: 65, count: 1_000)) }
    }
    var other = RunProgress(try job())
    #expect(throws: MalformedRun.self) { try other.take(greeted(String(repeating: "x", count: 2_000))) }
  }

  @Test func `output that came before is refused, and a hole is told`() throws {
    var progress = RunProgress(try job())
    #expect(
      try progress.take(greeted("o 10 2\nab")) == [
        .skipped(.output, from: 0, to: 10), .output(.output, offset: 10, [97, 98]),
      ])
    #expect(throws: MalformedRun.self) { try progress.take(Array("o 11 1\nx".utf8)) }
    var far = RunProgress(try job())
    #expect(
      try far.take(greeted("o 999999999999999 1\nx")).last == .output(.output, offset: 999_999_999_999_999, [120]))
  }

  @Test func `a VM cannot send more than is kept, over all connections together`() throws {
    let limits = OutputLimits(head: 65_536, tail: 0)
    var progress = RunProgress(try job(limits))
    let most = limits.most
    #expect(throws: MalformedRun.self) {
      for _ in 0...(most / 1_000) {
        progress.connect()
        _ = try progress.take(
          greeted("e \(progress.offsets.error) 1000\n") + [UInt8](repeating: 65, count: 1_000))
      }
    }
    #expect(progress.offsets.error <= most)
    #expect(progress.offsets.error > most - 2_000)
  }

  @Test func `bytes that were written and not sent are told as skipped at the end`() throws {
    var progress = RunProgress(try job())
    let events = try progress.take(greeted("o 0 1\nxended exited 0 5 0 1 100 0 .\n"))
    #expect(events.last == .skipped(.output, from: 1, to: 100))
    #expect(progress.ending?.wasDiskFull == true)
  }

  @Test func `a line that was cut with its connection is forgotten`() throws {
    var progress = RunProgress(try job())
    _ = try progress.take(greeted("attached\no 0 9\nabc"))
    #expect(progress.offsets.output == 3)
    progress.connect()
    #expect(try progress.take(greeted("attached\no 3 1\nd")).last == .output(.output, offset: 3, [100]))
  }

  @Test func `whatever a VM prints is an ending, a wait or a refusal, in bounds`() throws {
    var random = SystemRandomNumberGenerator()
    var endings = 0
    for _ in 0..<1_000 {
      var bytes = session
      for _ in 0..<Int.random(in: 1...4) {
        let at = Int.random(in: 0..<bytes.count)
        switch Int.random(in: 0..<3) {
        case 0: bytes[at] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes.remove(at: at)
        default: bytes.insert(contentsOf: bytes[at..<min(at + 9, bytes.count)], at: Int.random(in: 0...bytes.count))
        }
      }
      var progress = RunProgress(try job())
      var last = OutputOffsets()
      do {
        for event in try progress.take(bytes) {
          guard case .output(let stream, let offset, let bytes) = event else { continue }
          #expect(offset >= last[stream])
          last[stream] = offset + bytes.count
        }
      } catch {}
      if progress.ending != nil { endings += 1 }
    }
    #expect(endings > 20)
  }
}
