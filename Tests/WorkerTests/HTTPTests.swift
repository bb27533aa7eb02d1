import EvilPlugins
import Foundation
import Testing
import Wire

@Suite struct `HTTP through the host` {
  @Test func `a request arrives whole and its answer goes back`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    try worker.send(.command(1, "http"))
    let request = try worker.next(SLIPWAY_WIRE_HTTP, call: 1)
    #expect(request.u32(0) == 1, "request id")
    #expect(request.u32(4) == 1500 && request.u32(8) == 60, "timeout and cache")
    #expect(request.u32(12) == 4 << 20 && request.u32(16) == 0 && request.u32(20) == 0, "the default limit, no stream")
    #expect((0..<6).map { request.u32(24 + $0 * 4) } == [3, 3, 10, 6, 25, 0])
    #expect(request.text(from: 48) == "apiGET/v1/thingspage=1Accept: application/json\n")
    try worker.send(.head(1, 1, status: 404, retry: 7, headers: "x: y\n", error: "why"))
    try worker.send(.body(1, 1, [1, 2]))
    try worker.send(.body(1, 1, [3]))
    try worker.send(.end(1, 1))
    #expect(
      try worker.answer(1).text == "outcome 2 status 404 retry 7 body 3 sum 6 headers x: y\n error why")
  }

  @Test func `1 MiB goes out in a body and 1 MiB comes back in chains`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    let filler = String(repeating: "x", count: 1 << 20)
    try worker.send(.call(1, #"{"do":"post","filler":"\#(filler)"}"#))
    let request = try worker.next(SLIPWAY_WIRE_HTTP, call: 1)
    #expect(request.text(from: 48).hasSuffix(filler + #""}"#))
    try worker.send(.head(1, 1))
    try worker.send(.body(1, 1, [UInt8](repeating: 1, count: 1 << 20)))
    try worker.send(.end(1, 1))
    #expect(try worker.answer(1).text.hasPrefix("outcome 2 status 200 retry 0 body 1048576 sum 1048576"))
  }

  @Test func `what was not sent is told with its reason`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    try worker.send(.command(1, "http"))
    try worker.send(.head(1, worker.next(SLIPWAY_WIRE_HTTP, call: 1).u32(0), outcome: 0, status: 0, error: "no budget"))
    try worker.send(.end(1, 1))
    #expect(try worker.answer(1).text == "outcome 0 status 0 retry 0 body 0 sum 0 headers  error no budget")
  }

  @Test func `an answer that is cut short is no answer`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    try worker.send(.command(1, "http"))
    _ = try worker.next(SLIPWAY_WIRE_HTTP, call: 1)
    try worker.send(.head(1, 1))
    try worker.send(.body(1, 1, [1, 2, 3]))
    try worker.send(.end(1, 1, cutShort: true))
    #expect(
      try worker.answer(1).text == "outcome 1 status 0 retry 0 body 0 sum 0 headers  error the answer was cut short")
  }

  @Test func `an answer beyond max_response is stopped and is no answer`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    try worker.send(.command(1, "small"))
    _ = try worker.next(SLIPWAY_WIRE_HTTP, call: 1)
    try worker.send(.head(1, 1))
    try worker.send(.body(1, 1, [UInt8](repeating: 1, count: 11)))
    #expect(try worker.next(SLIPWAY_WIRE_HTTP_STOP, call: 1).u32(0) == 1)
    try worker.send(.body(1, 1, [UInt8](repeating: 1, count: 11)))
    try worker.send(.end(1, 1))
    #expect(try worker.answer(1).text.hasSuffix("error the answer is longer than max_response"))
  }

  @Test func `a streamed answer reaches the plugin in pieces`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    try worker.send(.command(1, "stream"))
    #expect(try worker.next(SLIPWAY_WIRE_HTTP, call: 1).u32(20) == 1)
    try worker.send(.head(1, 1))
    for _ in 0..<3 { try worker.send(.body(1, 1, [UInt8](repeating: 1, count: 1 << 20))) }
    try worker.send(.end(1, 1))
    #expect(try worker.answer(1).text == "outcome 2 status 200 streamed 3145728 sum 3145728 body 0")
  }

  @Test func `an answer that is no success is not streamed`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    try worker.send(.command(1, "stream"))
    _ = try worker.next(SLIPWAY_WIRE_HTTP, call: 1)
    try worker.send(.head(1, 1, status: 500))
    try worker.send(.body(1, 1, [1, 2, 3]))
    try worker.send(.end(1, 1))
    #expect(try worker.answer(1).text == "outcome 2 status 500 streamed 0 sum 0 body 3")
  }

  @Test func `a plugin may stop a streamed answer`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    try worker.send(.command(1, "stop"))
    _ = try worker.next(SLIPWAY_WIRE_HTTP, call: 1)
    try worker.send(.head(1, 1))
    try worker.send(.body(1, 1, [5]))
    #expect(try worker.next(SLIPWAY_WIRE_HTTP_STOP, call: 1).u32(0) == 1)
    try worker.send(.body(1, 1, [6]))
    try worker.send(.end(1, 1, cutShort: true))
    #expect(try worker.answer(1).text == "outcome 1 status 0 streamed 1 sum 5 body 0")
  }

  @Test func `several threads of a call ask at once, answered in any order`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    try worker.send(.command(1, "parallel"))
    let ids = try (0..<4).map { _ in try worker.next(SLIPWAY_WIRE_HTTP, call: 1).u32(0) }
    #expect(Set(ids) == [1, 2, 3, 4])
    for id in ids.reversed() { try worker.send(.head(1, id)) }
    for id in ids { try worker.send(.body(1, id, Array("body \(id)".utf8))) }
    for id in ids.reversed() { try worker.send(.end(1, id)) }
    #expect(try worker.answer(1).text == "done")
    #expect(
      Set(worker.taken(SLIPWAY_WIRE_LOG).map { $0.text(from: 12) }) == ["body 1", "body 2", "body 3", "body 4"])
  }

  @Test func `more than 64 requests of a call wait for one another`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    try worker.send(.command(1, "crowd"))
    for _ in 1...64 { _ = try worker.next(SLIPWAY_WIRE_HTTP, call: 1) }
    for id in UInt32(1)...70 {
      try worker.send(.ping(UInt64(id)))
      _ = try worker.next(SLIPWAY_WIRE_PONG)
      if id <= 6 { #expect(worker.taken(SLIPWAY_WIRE_HTTP).isEmpty) }
      try worker.send(.head(1, id))
      try worker.send(.end(1, id))
      if id <= 6 { #expect(try worker.next(SLIPWAY_WIRE_HTTP, call: 1).u32(0) == 64 + id) }
    }
    #expect(try worker.answer(1).text == "done")
  }

  @Test func `credit may cut a body anywhere, also within its request id`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    try worker.send(.command(1, "http"))
    _ = try worker.next(SLIPWAY_WIRE_HTTP, call: 1)
    try worker.send(.head(1, 1))
    let body = Message.body(1, 1, [7, 8]).payload
    for (index, byte) in body.enumerated() {
      let more = index < body.count - 1
      try worker.send(raw: Message(SLIPWAY_WIRE_HTTP_BODY, call: 1, [byte], more: more).frame)
    }
    try worker.send(.end(1, 1))
    #expect(try worker.answer(1).text.hasPrefix("outcome 2 status 200 retry 0 body 2 sum 15"))
  }

  @Test func `a thread that still waits when the verb returns gets CLOSED, and late frames do no harm`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    try worker.send(.command(1, "abandon"))
    _ = try worker.next(SLIPWAY_WIRE_HTTP, call: 1)
    try worker.send(Message(SLIPWAY_WIRE_CANCEL, call: 1))
    #expect(try worker.answer(1).text == "returned first")
    #expect(try worker.next(SLIPWAY_WIRE_LOG).text(from: 12) == "abandoned http -1")
    try worker.send(.head(1, 1))
    try worker.send(.body(1, 1, [UInt8](repeating: 0, count: 300_000)))
    try worker.send(.end(1, 1))
    try worker.send(Message(SLIPWAY_WIRE_CANCEL, call: 1))
    #expect(try worker.ask(.call(2, "still here")) == "still here")
    #expect(worker.inFlight[1] == 0, "late frames are acknowledged too")
  }
}
