import Synchronization
import System
import Testing

@Suite struct ReactorTests {
  @Test func `submitted work runs in order on the loop thread`() async throws {
    let reactor = try Reactor()
    defer { reactor.stop() }
    let seen = Mailbox<(Int, Bool)>()
    for number in 0..<100 { reactor.submit { seen.put((number, reactor.isCurrent)) } }
    for number in 0..<100 {
      let next = await seen.next(on: reactor)
      #expect(next?.0 == number && next?.1 == true)
    }
    #expect(!reactor.isCurrent)
  }

  @Test func `timers run in the order of their deadlines and a cancelled one never`() async throws {
    let reactor = try Reactor()
    defer { reactor.stop() }
    let seen = Mailbox<Int>()
    let start = Clock.monotonic()
    reactor.schedule(at: start + 30_000_000) { seen.put(3) }
    let cancelled = reactor.schedule(at: start + 20_000_000) { seen.put(2) }
    reactor.schedule(at: start + 10_000_000) { seen.put(1) }
    #expect(cancelled.cancel())
    #expect(!cancelled.cancel())
    #expect(await seen.next(on: reactor) == 1)
    #expect(await seen.next(on: reactor) == 3)
    #expect(Clock.monotonic() >= start + 30_000_000)
  }

  @Test func `what was submitted before the stop is done before it returns`() throws {
    let done = Atomic<Int>(0)
    for round in 1...300 {
      let reactor = try Reactor()
      reactor.submit { done.add(1, ordering: .relaxed) }
      reactor.stop()
      #expect(done.load(ordering: .relaxed) == round)
    }
  }

  @Test func `an idle reactor does not wake`() async throws {
    let (idle, other) = (try Reactor(), try Reactor())
    defer {
      idle.stop()
      other.stop()
    }
    idle.schedule(after: .seconds(3600)) {}
    let ready = Mailbox<Void>()
    idle.submit { ready.put(()) }
    _ = await ready.next(on: other)
    let before = idle.wakeups
    try await other.sleep(for: .milliseconds(300))
    #expect(idle.wakeups <= before + 1)
  }

  @Test func `a watch reports readiness until it is cancelled`() async throws {
    let reactor = try Reactor()
    defer { reactor.stop() }
    let (near, far) = try UnixSocket.pair()
    let seen = Mailbox<Received>()
    let watch = try reactor.watch(near, .read) { _ in
      if let received = try? near.receive(atMost: 16) { seen.put(received) }
    }
    _ = try far.send([1, 2, 3])
    #expect(await seen.next(on: reactor) == .bytes([1, 2, 3]))
    try watch.update([])
    _ = try far.send([4])
    try watch.update(.read)
    #expect(await seen.next(on: reactor) == .bytes([4]))
    far.close()
    #expect(await seen.next(on: reactor) == .end)
    watch.cancel()
    watch.cancel()
  }

  @Test func `a handler that cancels another watch of the same round keeps it from running`() async throws {
    let reactor = try Reactor()
    defer { reactor.stop() }
    let (one, two) = (try UnixSocket.pair(), try UnixSocket.pair())
    let seen = Mailbox<Int>()
    let done = Mailbox<Void>()
    reactor.submit {
      _ = try? one.far.send([1])
      _ = try? two.far.send([1])
      let watches = Watches()
      for (index, near) in [one.near, two.near].enumerated() {
        watches.add(
          try? reactor.watch(near, .read) { _ in
            seen.put(index)
            watches.cancelAll()
            reactor.submit { done.put(()) }
          })
      }
    }
    _ = await done.next(on: reactor)
    reactor.submit { seen.put(99) }
    _ = await seen.next(on: reactor)
    #expect(await seen.next(on: reactor) == 99)
  }

  @Test func `an actor of the reactor runs on its thread and handlers may enter it`() async throws {
    let reactor = try Reactor()
    defer { reactor.stop() }
    let counter = Counter(reactor)
    let entered = Mailbox<Int>()
    #expect(await counter.add(on: reactor) == 1)
    reactor.submit { entered.put(counter.assumeIsolated { $0.add(on: reactor) }) }
    #expect(await entered.next(on: reactor) == 2)
  }

  @Test func `an actor of the reactor registers a continuation before anything else runs`() async throws {
    let reactor = try Reactor()
    defer { reactor.stop() }
    let gate = Gate(reactor)
    for _ in 0..<100 { await gate.pass() }
    #expect(await gate.overtaken == 0)
  }

  @Test func `a cancelled sleep ends at once`() async throws {
    let reactor = try Reactor()
    let task = Task { try await reactor.sleep(for: .seconds(3600)) }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    reactor.stop()
  }
}

actor Counter {
  private let reactor: Reactor
  private var count = 0
  nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

  init(_ reactor: Reactor) { self.reactor = reactor }

  func add(on reactor: Reactor) -> Int {
    #expect(reactor.isCurrent)
    count += 1
    return count
  }
}

/// Checks, and then waits: the two have to be one step.
actor Gate {
  private let reactor: Reactor
  private(set) var overtaken = 0
  nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

  init(_ reactor: Reactor) { self.reactor = reactor }

  func pass() async {
    let ran = Flag()
    reactor.submit { ran.set() }
    await withCheckedContinuation { continuation in
      if ran.isSet { overtaken += 1 }
      continuation.resume()
    }
  }
}

private final class Flag: Sendable {
  private let state = Atomic<Bool>(false)
  var isSet: Bool { state.load(ordering: .relaxed) }
  func set() { state.store(true, ordering: .relaxed) }
}

/// Used on one loop thread only.
private final class Watches: @unchecked Sendable {
  private var all: [Watch] = []
  func add(_ watch: Watch?) { if let watch { all.append(watch) } }
  func cancelAll() { for watch in all { watch.cancel() } }
}
