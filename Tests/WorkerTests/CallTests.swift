import EvilPlugins
import Foundation
import Testing
import Wire

@Suite struct `Calls` {
  @Test func `every verb that the table has is run`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    for verb in SLIPWAY_VERB_VALIDATE..<SLIPWAY_VERB_POWER {
      #expect(try worker.ask(.call(UInt64(verb) + 1, "verb \(verb)", verb: verb)) == "verb \(verb)")
    }
  }

  @Test func `1 MiB goes both ways within the credit of a call`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    let request = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try worker.send(.call(7, request))
    #expect(try worker.answer(7).payload == request)
    #expect(worker.most[7, default: 0] <= Int(SLIPWAY_WIRE_CALL_CREDIT))
    #expect(worker.inFlight[7] == 0, "all of it was acknowledged before RETURNED")
  }

  @Test func `a reply waits for credit and never exceeds it, and other calls go on meanwhile`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    let request = [UInt8](repeating: 65, count: 1 << 20)
    worker.acknowledges = false
    try worker.send(.call(1, request))
    try worker.send(.call(2, "small"))
    #expect(try worker.next(SLIPWAY_WIRE_REPLY, call: 2).text == "small")
    try worker.send(.ping(5))
    _ = try worker.next(SLIPWAY_WIRE_PONG)
    // The worker's window for call 1 is full by now, or becomes so; one more frame needs one more credit.
    var granted = Int(SLIPWAY_WIRE_CALL_CREDIT)
    while granted < request.count {
      while worker.partial(1) < granted {
        try worker.send(.ping(6))
        _ = try worker.next(SLIPWAY_WIRE_PONG)
      }
      #expect(worker.partial(1) == granted)
      try worker.acknowledge(1, 65536)
      granted += 65536
    }
    #expect(try worker.answer(1).payload == request)
  }

  @Test func `chains of several calls interleave`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    let first = Message.call(1, [UInt8](repeating: 1, count: 100_000))
    let second = Message.call(2, [UInt8](repeating: 2, count: 90_000))
    for offset in stride(from: 0, to: 100_016, by: 10_000) {
      for message in [first, second] where offset < message.payload.count {
        let piece = Array(message.payload[offset..<min(offset + 10_000, message.payload.count)])
        let more = offset + 10_000 < message.payload.count
        try worker.send(raw: Message(SLIPWAY_WIRE_CALL, call: message.call, piece, more: more).frame)
      }
    }
    #expect(try worker.answer(2).payload == [UInt8](repeating: 2, count: 90_000))
    #expect(try worker.answer(1).payload == [UInt8](repeating: 1, count: 100_000))
  }

  @Test func `64 calls run at once, and their threads serve again`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    for round in 0..<3 {
      let ids = (1...64).map { UInt64(round * 100 + $0) }
      for id in ids { try worker.send(.command(id, "wait")) }
      for id in ids { _ = try worker.next(SLIPWAY_WIRE_PROGRESS, call: id) }
      for id in ids { try worker.send(Message(SLIPWAY_WIRE_CANCEL, call: id)) }
      for id in ids { #expect(try worker.answer(id).text == "before some after some http -1") }
    }
    let status = try String(contentsOfFile: "/proc/\(worker.pid)/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("Threads:") })
    let threads = try #require(Int(line.split { $0.isWhitespace }[1]))
    // main and one a call, and as many as there was need of one that reads and one that waits for room to write.
    #expect((65...67).contains(threads))
  }

  @Test func `a cancelled call may still answer, and starts no new request`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    try worker.send(.command(1, "wait"))
    _ = try worker.next(SLIPWAY_WIRE_PROGRESS, call: 1)
    try worker.send(Message(SLIPWAY_WIRE_CANCEL, call: 1))
    #expect(try worker.answer(1).text == "before some after some http -1")
  }

  @Test func `a deadline that passes is seen as cancelled`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    let deadline = UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec) + 300_000_000
    #expect(try worker.ask(.command(1, "wait", deadline: deadline)) == "before some after none http -1")
    #expect(try worker.ask(.command(2, "wait", deadline: 0)) == "before none after none http -1")
  }

  @Test func `PING is answered while calls hang and hold every thread`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    for id in 1...64 { try worker.send(.command(UInt64(id), "hang")) }
    try worker.send(.ping(0x0102_0304_0506_0708))
    #expect(try worker.next(SLIPWAY_WIRE_PONG).payload == [8, 7, 6, 5, 4, 3, 2, 1])
  }

  @Test func `the end of the socket ends the worker although calls hang`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    try worker.send(.command(1, "hang"))
    _ = try worker.next(SLIPWAY_WIRE_PROGRESS, call: 1)
    worker.hangUp()
    #expect(try worker.ended() == .init(status: 0, errors: ""))
  }

  @Test(arguments: [("crash", SIGSEGV), ("abort", SIGABRT), ("read_handle", SIGSEGV)])
  func `a call that crashes is seen as death by signal`(command: String, signal: Int32) throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    try worker.send(.command(1, command))
    #expect(try worker.ended().signal == signal)
  }

  @Test func `a plugin that calls exit ends its process`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    try worker.send(.command(1, "exit"))
    #expect(try worker.ended().status == 0)
  }
}

@Suite struct `Answers` {
  @Test func `a failure carries its code and JSON`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    try worker.send(.command(1, "fail"))
    let answer = try worker.answer(1)
    #expect(answer.isKind(SLIPWAY_WIRE_FAIL))
    #expect(answer.u32(0) == 2)
    #expect(answer.text(from: 4) == #"{"message":"sold out"}"#)
  }

  @Test func `no answer becomes INTERNAL`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    try worker.send(.command(1, "silent"))
    let answer = try worker.answer(1)
    #expect(answer.isKind(SLIPWAY_WIRE_FAIL))
    #expect(answer.u32(0) == 16)
    #expect(answer.text(from: 4).contains("returned without calling reply or fail"))
  }

  @Test func `the first of two answers stands and the others are a warning`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    #expect(try worker.ask(.command(1, "twice")) == "first")
    let lines = worker.taken(SLIPWAY_WIRE_LOG)
    #expect(lines.map { $0.payload[0] } == [2, 2, 0])
    #expect(lines.first?.text(from: 12) == "the plugin answered a call a second time; the first answer stands")
    #expect(lines.last?.text(from: 12) == "statuses 0 -2 -2")
    #expect(worker.taken(SLIPWAY_WIRE_REPLY).isEmpty && worker.taken(SLIPWAY_WIRE_FAIL).isEmpty)
  }

  @Test func `another thread may answer while the verb runs`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    #expect(try worker.ask(.command(1, "thread")) == "from another thread")
  }

  @Test func `every service refuses a call whose verb has returned`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    #expect(try worker.ask(.command(1, "late")) == "on time")
    let line = try worker.next(SLIPWAY_WIRE_LOG)
    #expect(line.text(from: 12) == "late reply -1 fail -1 http -1 log -1 progress -1 remaining 0 cancelled -1")
  }

  @Test func `sizes have limits, and a refused answer leaves the call open`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    #expect(try worker.ask(.command(1, "too_big")) == "reply -3 absurd -3 log -3")
  }

  @Test func `list and catalog may answer with more than 4 MiB`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    for verb in [SLIPWAY_VERB_LIST, SLIPWAY_VERB_CATALOG] {
      try worker.send(.call(UInt64(verb), #"{"do":"listing"}"#, verb: verb))
      #expect(try worker.answer(UInt64(verb)).payload.count == 5 << 20)
    }
    try worker.send(.command(100, "listing"))
    #expect(try worker.answer(100).isKind(SLIPWAY_WIRE_FAIL))
  }

  @Test func `malformed arguments are refused`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    #expect(
      try worker.ask(.command(1, "invalid"))
        == "reply -4 fail -4 -4 log -4 -4 -4 progress -4 http -4 -4 -4 -4 -4 extension none")
  }
}

@Suite struct `Log` {
  @Test func `lines and progress carry their call, level and fields`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    #expect(try worker.ask(.command(3, "log")) == "logged")
    let line = try worker.next(SLIPWAY_WIRE_LOG, call: 3)
    #expect(line.payload[..<8].elementsEqual([2, 0, 0, 0, 0, 0, 0, 0]))
    #expect(line.u32(8) == 6 && line.text(from: 12) == #"a line{"key":"value"}"#)
    #expect(try worker.next(SLIPWAY_WIRE_LOG, call: 0).text(from: 12) == "of no call")
    let progress = try worker.next(SLIPWAY_WIRE_PROGRESS, call: 3)
    #expect(progress.u32(0) == 500 && progress.text(from: 4) == "half way")
  }

  @Test func `a flood of lines is dropped and counted, and delays no reply`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    try worker.send(.command(1, "flood"))
    // Nothing is read until the flood is over: it must end by itself.
    #expect(try worker.answer(1).text == "flooded")
    let sent = worker.taken(SLIPWAY_WIRE_LOG).filter { $0.call == 1 }.count
    #expect(sent < 20_000)
    // The last count comes by a line of the worker's own, or came with the last of the plugin's.
    try worker.send(.command(2, "log"))
    let last = try worker.next(SLIPWAY_WIRE_LOG, call: 2)
    #expect(Int(last.u32(4)) == 20_000 - sent)
  }
}
