import EvilPlugins
import Foundation
import Plugins
import Wire

/// A real `slipway-worker`, spoken to as the host does: over a socket pair, frame by frame.
///
/// Not thread safe: one test owns one worker. Every wait has a deadline of ten seconds. The process
/// is killed and reaped when the value goes away.
final class WorkerProcess {
  enum Problem: Error {
    case spawn(Int32)
    case timeout(while: String, seen: [Message])
    case closed(while: String, seen: [Message])
    case refused(String)
  }

  /// How the process ended, and what it said on stderr.
  struct End: Equatable {
    var status: Int32?
    var signal: Int32?
    var errors: String
  }

  /// HELLO, where the worker was waited for.
  private(set) var hello: Message?
  let pid: pid_t
  let socket: Int32
  private let errors: Int32
  private var reaped = false
  private var received: [UInt8] = []
  private var inbox: [Message] = []
  private var chains: [UInt64: Message] = [:]
  /// Payload that the worker has not acknowledged, by call.
  private(set) var inFlight: [UInt64: Int] = [:]
  /// The most payload that was unacknowledged at once, by call.
  private(set) var most: [UInt64: Int] = [:]
  /// When false, the worker gets no credit back.
  var acknowledges = true

  static var program: String {
    // To run these tests against a build with sanitizers.
    ProcessInfo.processInfo.environment["SLIPWAY_TEST_WORKER"]
      ?? EvilPlugin.products.appending(path: "slipway-worker").path
  }

  init(arguments: [String], socketType: Int32 = Int32(SOCK_STREAM.rawValue)) throws {
    var pair: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, socketType | Int32(SOCK_CLOEXEC.rawValue), 0, &pair) == 0 else {
      throw Problem.spawn(errno)
    }
    var pipes: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &pipes) == 0 else {
      throw Problem.spawn(errno)
    }
    defer {
      close(pair[1])
      close(pipes[1])
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, pipes[1], 1)
    posix_spawn_file_actions_adddup2(&actions, pipes[1], 2)
    posix_spawn_file_actions_adddup2(&actions, pair[1], 3)
    // Left open by a careless spawner: the worker has to close it.
    posix_spawn_file_actions_adddup2(&actions, pipes[1], 77)
    var words: [UnsafeMutablePointer<CChar>?] = ([Self.program] + arguments).map { strdup($0) } + [nil]
    defer { words.forEach { free($0) } }
    let names = [
      "MALLOC_ARENA_MAX=2", "ASAN_OPTIONS=detect_leaks=0:handle_segv=0:handle_abort=0", "TSAN_OPTIONS=halt_on_error=1",
    ]
    var environment: [UnsafeMutablePointer<CChar>?] = names.map { strdup($0) } + [nil]
    defer { environment.forEach { free($0) } }
    var child: pid_t = 0
    let result = posix_spawn(&child, Self.program, &actions, nil, &words, &environment)
    guard result == 0 else { throw Problem.spawn(result) }
    pid = child
    socket = pair[0]
    errors = pipes[0]
  }

  /// What a host hands in: where libraries may be read.
  static let libraries = "--libraries=" + LibraryFolders.standard().joined(separator: ":")

  /// A worker that said HELLO and READY.
  convenience init(plugin: String, options: [String] = []) throws {
    try self.init(arguments: [Self.libraries] + options + [plugin])
    hello = try next(SLIPWAY_WIRE_HELLO)
    let answer = try next { $0.isKind(SLIPWAY_WIRE_READY) || $0.isKind(SLIPWAY_WIRE_REFUSED) }
    if answer.isKind(SLIPWAY_WIRE_REFUSED) { throw Problem.refused(answer.text(from: 12)) }
  }

  deinit {
    close(socket)
    close(errors)
    guard !reaped else { return }
    kill(pid, SIGKILL)
    waitpid(pid, nil, 0)
  }

  // MARK: Sending

  /// Sends a message as a chain of frames, within the credit that the worker gave.
  func send(_ message: Message) throws {
    var rest = message.payload[...]
    repeat {
      let piece = rest.prefix(Int(SLIPWAY_WIRE_MAX_FRAME))
      rest = rest.dropFirst(piece.count)
      while inFlight[message.call, default: 0] + piece.count > Int(SLIPWAY_WIRE_CALL_CREDIT) {
        try receive(while: "waiting for credit")
      }
      if message.costsCredit, message.call != 0 {
        inFlight[message.call, default: 0] += piece.count
        most[message.call] = max(most[message.call, default: 0], inFlight[message.call, default: 0])
      }
      try send(raw: Message(Int32(message.kind), call: message.call, Array(piece), more: !rest.isEmpty).frame)
    } while !rest.isEmpty
  }

  func send(raw: [UInt8]) throws {
    var rest = raw[...]
    while !rest.isEmpty {
      let sent = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard sent > 0 else { throw Problem.closed(while: "sending", seen: inbox) }
      rest = rest.dropFirst(sent)
    }
  }

  /// The host goes away.
  func hangUp() { shutdown(socket, Int32(SHUT_RDWR)) }

  // MARK: Receiving

  /// The first message that fits, of those not taken yet; the others stay, in their order.
  func next(_ what: String = "the message", where fits: (Message) -> Bool) throws -> Message {
    while true {
      if let index = inbox.firstIndex(where: fits) { return inbox.remove(at: index) }
      try receive(while: "waiting for \(what)")
    }
  }

  func next(_ kind: Int32, call: UInt64 = 0) throws -> Message {
    try next("kind \(kind) of call \(call)") { $0.isKind(kind) && $0.call == call }
  }

  /// The answer to a call, after its RETURNED came too.
  func answer(_ call: UInt64) throws -> Message {
    let answer = try next("the answer to call \(call)") {
      $0.call == call && ($0.isKind(SLIPWAY_WIRE_REPLY) || $0.isKind(SLIPWAY_WIRE_FAIL))
    }
    _ = try next(SLIPWAY_WIRE_RETURNED, call: call)
    return answer
  }

  /// Sends a call and waits for its answer.
  func ask(_ message: Message) throws -> String {
    try send(message)
    return try answer(message.call).text
  }

  /// Takes what has come, as far as it has, without waiting for more.
  func taken(_ kind: Int32) -> [Message] {
    let found = inbox.filter { $0.isKind(kind) }
    inbox.removeAll { $0.isKind(kind) }
    return found
  }

  private func receive(while doing: String) throws {
    while true {
      if let message = try nextFrame() {
        take(message)
        return
      }
      guard Self.readable(socket) else { throw Problem.timeout(while: doing, seen: inbox) }
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      let count = read(socket, &buffer, buffer.count)
      guard count > 0 else { throw Problem.closed(while: doing, seen: inbox) }
      received += buffer[..<count]
    }
  }

  private func nextFrame() throws -> Message? {
    guard received.count >= 14 else { return nil }
    let length = Int(Message(0, Array(received[..<4])).u32(0))
    guard received.count >= 14 + length else { return nil }
    let call = received[6..<14].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let frame = Message(
      Int32(received[4]), call: call, Array(received[14..<(14 + length)]), more: received[5] & 1 == 1)
    received.removeFirst(14 + length)
    return frame
  }

  private func take(_ frame: Message) {
    if frame.isKind(SLIPWAY_WIRE_CREDIT) {
      inFlight[frame.call, default: 0] -= Int(frame.u32(0))
      return
    }
    if frame.costsCredit, acknowledges, !frame.payload.isEmpty {
      // The worker may be gone already; what it sent still counts.
      try? acknowledge(frame.call, frame.payload.count)
    }
    guard frame.costsCredit else { return inbox.append(frame) }
    var message = chains.removeValue(forKey: frame.call) ?? Message(Int32(frame.kind), call: frame.call)
    message.payload += frame.payload
    if frame.more { chains[frame.call] = message } else { inbox.append(message) }
  }

  /// Gives credit back.
  func acknowledge(_ call: UInt64, _ count: Int) throws {
    try send(raw: Message(SLIPWAY_WIRE_CREDIT, call: call, bytes(UInt32(count))).frame)
  }

  /// The payload that has come of a chain that is not whole.
  func partial(_ call: UInt64) -> Int { chains[call]?.payload.count ?? 0 }

  // MARK: The end

  /// Waits for the process to end by itself.
  func ended() throws -> End {
    var words: [UInt8] = []
    while true {
      guard Self.readable(errors) else { throw Problem.timeout(while: "waiting for the end", seen: inbox) }
      var buffer = [UInt8](repeating: 0, count: 4096)
      let count = read(errors, &buffer, buffer.count)
      if count <= 0 { break }
      words += buffer[..<count]
    }
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    reaped = true
    let signal = status & 0x7f
    return End(
      status: signal == 0 ? (status >> 8) & 0xff : nil, signal: signal == 0 ? nil : signal,
      errors: String(decoding: words, as: UTF8.self))
  }

  private static func readable(_ descriptor: Int32) -> Bool {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&waiting, 1, 10_000) == 1
  }
}
