import EvilPlugins
import Foundation
import Testing
import Wire

/// What the host must never send, and what the worker says when it does.
private let faults: [(String, [UInt8])] = [
  ("the host never sends this kind", Message(0).frame),
  ("the host never sends this kind", Message(99, [1, 2, 3]).frame),
  ("the host never sends this kind", Message(SLIPWAY_WIRE_REPLY, call: 1, [1]).frame),
  ("longer than 64 KiB", [0xff, 0xff, 0xff, 0xff, 4, 0] + bytes(UInt64(1))),
  ("unknown flags", [0, 0, 0, 0, 5, 2] + bytes(UInt64(1))),
  ("an empty frame before the last", Message(SLIPWAY_WIRE_CALL, call: 1, more: true).frame),
  ("it needs a call", Message.call(0, "{}").frame),
  ("shorter than its head", Message(SLIPWAY_WIRE_CALL, call: 1, [0, 0, 0]).frame),
  ("shorter than its head", Message(SLIPWAY_WIRE_CALL, call: 1).frame),
  ("reserved bytes", Message(SLIPWAY_WIRE_CALL, call: 1, [0, 1] + [UInt8](repeating: 0, count: 14)).frame),
  ("no such verb", Message.call(1, "{}", verb: SLIPWAY_VERB_POWER).frame),
  ("no such verb", Message.call(1, "{}", verb: SLIPWAY_VERB_COUNT).frame),
  ("the call was never opened", Message(SLIPWAY_WIRE_CANCEL, call: 9).frame),
  ("the call was never opened", Message(SLIPWAY_WIRE_CANCEL).frame),
  ("the call was never opened", Message.head(9, 1).frame),
  ("the call was never opened", Message(SLIPWAY_WIRE_CREDIT, call: 9, bytes(UInt32(1))).frame),
  ("more than is in flight", Message(SLIPWAY_WIRE_CREDIT, bytes(UInt32.max)).frame),
  ("its length is not that of its kind", Message(SLIPWAY_WIRE_CREDIT, [1]).frame),
  ("its length is not that of its kind", Message(SLIPWAY_WIRE_PING, [1]).frame),
  ("this kind is never a chain", Message(SLIPWAY_WIRE_PING, bytes(UInt64(1)), more: true).frame),
  ("PING belongs to no call", Message(SLIPWAY_WIRE_PING, call: 1, bytes(UInt64(1))).frame),
  ("the call is open already", Message.command(1, "hang").frame + Message.command(1, "hang").frame),
  (
    "another chain of the call is unfinished",
    Message(SLIPWAY_WIRE_CALL, call: 1, [0], more: true).frame + Message.head(1, 1).frame
  ),
  ("which is not open", Message.command(1, "hang").frame + Message.head(1, 1).frame),
  ("64 calls are open already", (1...65).flatMap { Message.command($0, "hang").frame }),
]

@Suite struct `Faults of the host` {
  @Test(arguments: faults)
  func `a frame that is not allowed ends the worker with the reason`(reason: String, frames: [UInt8]) throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    try worker.send(raw: frames)
    let end = try worker.ended()
    #expect(end.status == 65)
    #expect(end.errors.hasPrefix("slipway-worker: the host sent "))
    #expect(end.errors.contains(reason))
  }

  @Test(arguments: [
    ("it comes before HTTP_HEAD", [Message.body(1, 1, [1])]),
    ("it comes before HTTP_HEAD", [Message.end(1, 1)]),
    ("the request has its head already", [Message.head(1, 1), Message.head(1, 1)]),
    ("which is not open", [Message.head(1, 2)]),
    ("lengths or its outcome", [Message.head(1, 1, outcome: 3)]),
    ("lengths or its outcome", [Message(SLIPWAY_WIRE_HTTP_HEAD, call: 1, [1] + [UInt8](repeating: 0, count: 24))]),
    ("it is too short", [Message(SLIPWAY_WIRE_HTTP_HEAD, call: 1, [1, 0, 0, 0])]),
    ("shorter than its head", [Message(SLIPWAY_WIRE_HTTP_BODY, call: 1, [1])]),
    ("its length is wrong", [Message.head(1, 1), Message(SLIPWAY_WIRE_HTTP_END, call: 1, [1, 0, 0, 0])]),
    ("neither 0 nor 1", [Message.head(1, 1), Message(SLIPWAY_WIRE_HTTP_END, call: 1, [1, 0, 0, 0, 2, 0, 0, 0])]),
  ])
  func `an HTTP answer out of order ends the worker`(reason: String, messages: [Message]) throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    try worker.send(.command(1, "post"))
    _ = try worker.next(SLIPWAY_WIRE_HTTP, call: 1)
    try worker.send(raw: messages.flatMap(\.frame))
    let end = try worker.ended()
    #expect(end.status == 65)
    #expect(end.errors.contains(reason))
  }

  @Test func `a call before READY is not allowed`() throws {
    let worker = try WorkerProcess(arguments: [EvilPlugin.build("slow")])
    try worker.send(.call(1, "{}"))
    #expect(try worker.ended().errors.contains("READY has not been sent"))
  }

  @Test func `a message over 4 MiB ends the worker`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    try? worker.send(.call(1, [UInt8](repeating: 0, count: 4 << 20)))
    let end = try worker.ended()
    #expect(end.status == 65)
    #expect(end.errors.contains("the message is too long"))
  }

  @Test func `random bytes end the worker and never crash it`() throws {
    var state: UInt64 = 0x9e37_79b9_7f4a_7c15
    func random() -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state
    }
    for _ in 0..<40 {
      let worker = try WorkerProcess(plugin: EvilPlugin.echo())
      var bytes: [UInt8] = Message.call(1, #"{"do":"http"}"#).frame
      for _ in 0..<50 {
        let kind = Int32(truncatingIfNeeded: random() % 20)
        let payload = (0..<(random() % 40)).map { _ in UInt8(truncatingIfNeeded: random() % 4) }
        bytes += Message(kind, call: random() % 3, payload, more: random() % 4 == 0).frame
      }
      try? worker.send(raw: bytes)
      worker.hangUp()
      let end = try worker.ended()
      #expect(end.status == 65 || end.status == 0, "\(end)")
    }
  }

  @Test func `the end of the socket in the middle of a frame is just the end`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    try worker.send(raw: Array(Message.call(1, "{}").frame.dropLast(3)))
    worker.hangUp()
    #expect(try worker.ended() == .init(status: 0, errors: ""))
  }

  @Test func `a plugin that closes the socket ends its worker`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    try worker.send(.command(1, "close"))
    // The reader waits inside read(); the writer is the first to see it.
    #expect(try worker.ended().status == 65)
  }
}
