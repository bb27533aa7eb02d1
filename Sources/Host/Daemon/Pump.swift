package import Core
package import Model
import Synchronization
package import System

/// Carries out what the engine asks for.
package protocol Performing: Sendable {
  /// Performs one effect to its end.
  func perform(_ effect: Effect, of resource: Resource, attempt: Attempt?) async -> EffectResult
  /// Looks at attempts of one account.
  func look(account: String, _ entries: [LookEntry]) async -> LookResult
}

/// The one place that runs the engine: events in from every thread, actions out.
///
/// The engine lives inside `run`, which handles one message after the other; everybody else sends messages. So nothing
/// about the core is shared, and nothing needs a lock but the door.
package final class Pump: Sendable {
  /// A question to the engine, answered between two events.
  private typealias Query = @Sendable (borrowing Engine) -> Void

  private enum Message: Sendable {
    case event(EngineEvent)
    case query(Query)
    case command(Command, CheckedContinuation<Answer, Never>)
    case end(CheckedContinuation<[String], Never>, waits: @Sendable ([String]) -> Void)
    case endNow
    case stop
  }

  /// What the messages so far have left to be done.
  private struct Course {
    /// Who waits for an answer.
    var waiting: [UInt64: CheckedContinuation<Answer, Never>] = [:]
    /// What is being performed and must not be performed twice, for people.
    var once: [ULID: String] = [:]
    /// Whether nothing more is begun.
    var isEnding = false
    /// Who waits for the end of what must not be performed twice.
    var ended: CheckedContinuation<[String], Never>?

    var names: [String] { once.values.sorted() }

    /// Whether an event still counts: what it is about cannot simply be done again by the next start.
    func counts(_ event: EngineEvent) -> Bool {
      guard isEnding else { return true }
      return switch event {
      case .committed, .commitFailed, .command, .evidence, .found: true
      case .finished(_, let effect, _): effect.kind.isOnce
      default: false
      }
    }
  }

  /// What the pump tells others.
  package struct Listeners: Sendable {
    /// Timeline lines, to be appended to the archive.
    package var notes: @Sendable ([TimelineEntry]) -> Void
    /// A resource changed, durably.
    package var changed: @Sendable (ResourceMachine, _ version: UInt64) -> Void
    /// An offering's owner is to be told of something.
    package var notice: @Sendable (Notice) -> Void
    /// Something concerns a whole account.
    package var alarm: @Sendable (_ account: String, _ text: String) -> Void
    /// The ledger is broken: the process has to end.
    package var broken: @Sendable (_ reason: String) -> Void

    /// Makes listeners.
    package init(
      notes: @escaping @Sendable ([TimelineEntry]) -> Void,
      changed: @escaping @Sendable (ResourceMachine, UInt64) -> Void,
      notice: @escaping @Sendable (Notice) -> Void = { _ in },
      alarm: @escaping @Sendable (String, String) -> Void, broken: @escaping @Sendable (String) -> Void
    ) {
      self.notes = notes
      self.changed = changed
      self.notice = notice
      self.alarm = alarm
      self.broken = broken
    }
  }

  private let messages: AsyncStream<Message>
  private let door: AsyncStream<Message>.Continuation
  private let ledger: any Ledger
  private let performer: any Performing
  private let reactor: Reactor
  private let clock: HostClock
  private let listeners: Listeners
  /// What is under way; each takes itself out when it has ended. No task group: taking one task of n out of a group
  /// costs n steps.
  private let errands = Mutex<[Errand: Task<Void, Never>]>([:])

  private enum Errand: Hashable {
    case effect(ULID)
    case look(UInt64)
  }

  /// Makes a pump; nothing happens before `run`.
  package init(
    ledger: any Ledger, performer: any Performing, reactor: Reactor, clock: HostClock, listeners: Listeners
  ) {
    (messages, door) = AsyncStream.makeStream()
    self.ledger = ledger
    self.performer = performer
    self.reactor = reactor
    self.clock = clock
    self.listeners = listeners
  }

  /// Sends an event. Any thread; never blocks.
  package func send(_ event: EngineEvent) { door.yield(.event(event)) }

  /// Asks for something; returns once the answer is durable.
  package func ask(_ command: Command) async -> Answer {
    await withCheckedContinuation { door.yield(.command(command, $0)) }
  }

  /// Reads the engine's durable state.
  package func read<Value: Sendable>(_ body: @escaping @Sendable (borrowing Engine) -> Value) async -> Value {
    await withCheckedContinuation { (continuation: CheckedContinuation<Value, Never>) in
      door.yield(.query { continuation.resume(returning: body($0)) })
    }
  }

  /// Begins nothing more, and waits until what must not be done twice has ended and its outcome is durable, at most as long
  /// as `patience`. What may be repeated is left to the next start. `waits` is told what is waited for; it is not called
  /// where that is nothing. Returns what has not ended.
  package func end(patience: Duration, waits: @escaping @Sendable ([String]) -> Void) async -> [String] {
    let timer = reactor.schedule(after: patience) { [door] in door.yield(.endNow) }
    defer { timer.cancel() }
    return await withCheckedContinuation { door.yield(.end($0, waits: waits)) }
  }

  /// Ends `run` after the messages that were sent before.
  package func stop() { door.yield(.stop) }

  /// Runs the engine until `stop`. What is being performed then is cancelled and, as after any end, found again.
  package func run(_ engine: consuming Engine) async {
    var engine = engine
    var course = Course()
    var number: UInt64 = 0
    var alarm = Alarm()
    act(on: engine.handle(.started, at: clock.now()), &course)
    rearm(&alarm, engine.nextWake())
    for await message in messages {
      switch message {
      case .event(let event):
        if case .finished(_, let effect, _) = event { course.once[effect.id] = nil }
        if course.counts(event) { act(on: engine.handle(event, at: clock.now()), &course) }
      case .command(let command, let continuation):
        number += 1
        course.waiting[number] = continuation
        act(on: engine.handle(.command(number, command), at: clock.now()), &course)
      case .query(let query): query(engine)
      case .end(let continuation, let waits):
        course.isEnding = true
        course.ended = continuation
        if !course.once.isEmpty { waits(course.names) }
      case .endNow:
        course.ended?.resume(returning: course.names)
        course.ended = nil
      case .stop:
        course.ended?.resume(returning: course.names)
        alarm.timer?.cancel()
        return await leave()
      }
      guard course.isEnding else {
        rearm(&alarm, engine.nextWake())
        continue
      }
      if course.once.isEmpty, !engine.isCommitting {
        course.ended?.resume(returning: [])
        course.ended = nil
      }
    }
  }

  /// Cancels what is under way and waits for its end.
  private func leave() async {
    let left = errands.withLock { Array($0.values) }
    for task in left { task.cancel() }
    for task in left { await task.value }
  }

  /// Begins something that ends with an event.
  private func begin(_ errand: Errand, _ work: @escaping @Sendable () async -> EngineEvent) {
    // Under the lock, or it could end before it is known.
    errands.withLock { errands in
      errands[errand] = Task { [self] in
        let event = await work()
        self.errands.withLock { $0[errand] = nil }
        door.yield(.event(event))
      }
    }
  }

  /// The timer that is set.
  private struct Alarm {
    var at: Instant?
    var timer: ReactorTimer?
  }

  private func rearm(_ alarm: inout Alarm, _ wanted: Instant?) {
    // A timer that is early only costs a tick; one that is late would be a broken promise.
    if let set = alarm.at, let wanted, set <= wanted, set > clock.now() { return }
    _ = alarm.timer?.cancel()
    alarm = Alarm(at: wanted)
    guard let wanted else { return }
    let wait = max(0, min(wanted - clock.now(), 86_400_000))
    alarm.timer = reactor.schedule(after: .milliseconds(wait)) { [door] in door.yield(.event(.tick)) }
  }

  private func act(on actions: [EngineAction], _ course: inout Course) {
    for action in actions {
      switch action {
      case .commit(let number, let writes): commit(number, writes)
      case .perform(let effect, let resource, let attempt):
        if effect.kind.isOnce {
          course.once[effect.id] = "\(effect.kind.name) of \(attempt?.name ?? "?") (resource \(resource.id))"
        } else if course.isEnding {
          continue
        }
        begin(.effect(effect.id)) { [performer] in
          let result = await performer.perform(effect, of: resource, attempt: attempt)
          return .finished(resource: resource.id, effect: effect, result)
        }
      case .abandon(let effect): errands.withLock { $0[.effect(effect)] }?.cancel()
      case .look(let number, let account, let entries):
        guard !course.isEnding else { continue }
        begin(.look(number)) { [performer] in .looked(number, await performer.look(account: account, entries)) }
      case .answer(let number, let answer): course.waiting.removeValue(forKey: number)?.resume(returning: answer)
      case .notes(let notes): listeners.notes(notes)
      case .changed(let machine, let version): listeners.changed(machine, version)
      case .notice(let notice): listeners.notice(notice)
      case .alarm(let account, let text): listeners.alarm(account, text)
      case .halt(let reason): listeners.broken(reason)
      }
    }
  }

  private func commit(_ number: UInt64, _ writes: [RecordWrite]) {
    do {
      let encoded = try writes.map {
        LedgerWrite(key: $0.key, expected: $0.expected, value: try RecordCodec.encode($0.record))
      }
      ledger.commit(encoded) { [door, listeners] result in
        switch result {
        case .success: door.yield(.event(.committed(number)))
        case .failure(.broken(let reason)): listeners.broken(reason)
        case .failure(let error): door.yield(.event(.commitFailed(number, error)))
        }
      }
    } catch {
      listeners.broken("a record cannot be encoded: \(error)")
    }
  }
}
