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
    case stop
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
  /// What is being performed, by effect; shared with the tasks that wait for it.
  private let performances = Mutex<[ULID: Task<EffectResult, Never>]>([:])

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

  /// Ends `run` after the messages that were sent before.
  package func stop() { door.yield(.stop) }

  /// Runs the engine until `stop`. What is being performed then is cancelled and, as after any end, found again.
  package func run(_ engine: consuming Engine) async {
    var engine = engine
    var waiting: [UInt64: CheckedContinuation<Answer, Never>] = [:]
    var number: UInt64 = 0
    var alarm = Alarm()
    await withDiscardingTaskGroup { group in
      act(on: engine.handle(.started, at: clock.now()), &waiting, &group)
      rearm(&alarm, engine.nextWake())
      for await message in messages {
        switch message {
        case .event(let event):
          act(on: engine.handle(event, at: clock.now()), &waiting, &group)
        case .command(let command, let continuation):
          number += 1
          waiting[number] = continuation
          act(on: engine.handle(.command(number, command), at: clock.now()), &waiting, &group)
        case .query(let query): query(engine)
        case .stop:
          group.cancelAll()
          alarm.timer?.cancel()
          return
        }
        rearm(&alarm, engine.nextWake())
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

  private func act(
    on actions: [EngineAction], _ waiting: inout [UInt64: CheckedContinuation<Answer, Never>],
    _ group: inout DiscardingTaskGroup
  ) {
    for action in actions {
      switch action {
      case .commit(let number, let writes): commit(number, writes)
      case .perform(let effect, let resource, let attempt):
        let work = Task { [performer] in await performer.perform(effect, of: resource, attempt: attempt) }
        performances.withLock { $0[effect.id] = work }
        group.addTask { [self] in
          let result = await withTaskCancellationHandler {
            await work.value
          } onCancel: {
            work.cancel()
          }
          performances.withLock { $0[effect.id] = nil }
          door.yield(.event(.finished(resource: resource.id, effect: effect, result)))
        }
      case .abandon(let effect): performances.withLock { $0[effect] }?.cancel()
      case .look(let number, let account, let entries):
        group.addTask { [performer, door] in
          door.yield(.event(.looked(number, await performer.look(account: account, entries))))
        }
      case .answer(let number, let answer): waiting.removeValue(forKey: number)?.resume(returning: answer)
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
