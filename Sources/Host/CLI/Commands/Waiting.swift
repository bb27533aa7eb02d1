import Control
import Glibc
import Synchronization
import System

extension Session {
  func resourceWatch() async throws(CommandFailure) -> ExitCode {
    let id = try await resourceID()
    let stays = line.has("stay")
    let last = try await follow(
      id, staying: stays,
      until: { $0.resting && (!stays || $0.resource.hasEnded) })
    guard let last else { return detached(id) }
    if !isJSON { finish(last.view.resource) }
    return .ok
  }

  /// Waits until the operation is decided; the exit code says how.
  func wait(for accepted: AcceptedView) async throws(CommandFailure) -> ExitCode {
    let id = accepted.resourceId
    let ended = try await follow(id) { Self.isDecided($0, accepted) }
    guard let event = ended?.view else { return detached(id) }
    let resource = event.resource
    if isJSON { console.out(String(decoding: ControlCoding.encode(resource, pretty: true), as: UTF8.self) + "\n") }
    guard let operation = resource.operation, operation.id == accepted.operationId else {
      throw CommandFailure(
        ControlFailure(
          .cancelled, "another operation took this one's place", found: resource.operation?.kind,
          remedy: "`slipway resource show \(id)` says how things stand"))
    }
    if operation.state == "succeeded" {
      if !isJSON { finish(resource) }
      if operation.kind == "terminate", let left = resource.findings.last(where: { $0.kind == "foreign" }) {
        throw CommandFailure(
          ControlFailure(
            .conflict, "the resource has ended, and its machine was not deleted", expected: "a machine with our mark",
            found: left.text,
            remedy:
              "look at the cloud whose it is now; `slipway finding list` names it until somebody has dismissed that"))
      }
      return .ok
    }
    var failure = operation.failure ?? resource.failure ?? ControlFailure(.internal, "no reason is known")
    if operation.state == "cancelled" { failure = ControlFailure(.cancelled, "the operation was cancelled") }
    if failure.remedy == nil {
      failure.remedy = "`slipway explain \(id)` shows what happened; cleaning up goes on by itself"
    }
    throw CommandFailure(failure)
  }

  /// Whether an event says what became of an operation.
  static func isDecided(_ event: ResourceEvent, _ accepted: AcceptedView) -> Bool {
    guard let operation = event.resource.operation else { return event.resting }
    guard operation.id == accepted.operationId else { return true }
    // What a terminate is for is that the machine is gone, not only that its outcome is known.
    return operation.state != "running"
      && (operation.kind != "terminate" || operation.state != "succeeded" || event.resting)
  }

  /// Follows events, showing each step, until `done`; nil when Ctrl-C ended it.
  func follow(_ id: String, staying: Bool = false, until done: @escaping @Sendable (ResourceEvent) -> Bool)
    async throws(CommandFailure) -> ControlClient.Answer<ResourceEvent>?
  {
    let screen = ProgressScreen(self)
    defer { screen.close() }
    do {
      return try await interrupt.during { try await events(of: id, staying: staying, screen: screen, until: done) }
    } catch let failure as CommandFailure {
      throw failure
    } catch {
      throw CommandFailure(ControlFailure(.internal, "waiting was interrupted"))
    }
  }

  /// Reads the stream, taking it up again where a restart of the daemon broke it.
  private func events(
    of id: String, staying: Bool, screen: ProgressScreen, until done: @Sendable (ResourceEvent) -> Bool
  )
    async throws -> ControlClient.Answer<ResourceEvent>
  {
    var since: UInt64 = 0
    var last: ControlClient.Answer<ResourceEvent>?
    var failures = 0
    while true {
      do {
        let events = try await client.events(of: id, since: since, staying: staying)
        while let event = try await events.next() {
          failures = 0
          since = event.view.seq
          last = event
          screen.show(event)
          if done(event.view) { return event }
        }
        if let last, done(last.view) || (last.view.resting && !staying) { return last }
        failures += 1
        // From the beginning: a daemon that restarted may end the stream before it knows of a change.
        since = 0
      } catch {
        try Task.checkCancellation()
        guard error.exit == .noDaemon || error.exit == .tryAgain, last != nil else { throw error }
        if failures == 0 { screen.note("the daemon does not answer; it goes on when it is back") }
        failures += 1
        guard failures < 120 else { throw error }
      }
      try await reactor.sleep(for: .milliseconds(500))
    }
  }

  private func finish(_ resource: ResourceView) {
    if resource.state == "active", resource.operation?.kind != "power", let ssh = resource.ssh {
      console.out("\n" + ResourceText.login(ssh, colours: console.colours))
    } else {
      console.out(
        "\n" + Style.state(resource.state).applied(to: resource.state, colours: console.colours) + " after "
          + TimeSpan.text(ms: (resource.operation?.decidedAt ?? now).ms - (resource.operation?.acceptedAt ?? now).ms)
          + "\n")
    }
  }

  func detached(_ id: String) -> ExitCode {
    console.err(
      "\nno longer watching; nothing was cancelled\n  watch again: slipway resource watch \(id)\n"
        + "  end it:      slipway terminate \(id)\n")
    return .detached
  }
}

/// Shows a resource's steps: plain lines, or on a terminal lines above one that redraws itself.
final class ProgressScreen: Sendable {
  private struct State {
    var progress: Progress
    var resource: ResourceView?
    var frame = 0
    var drawn = false
    var closed = false
  }

  private let state: Mutex<State>
  private let session: Session

  init(_ session: Session) {
    self.session = session
    let isOfOperation = ["power", "terminate"].contains(session.line.command)
    state = Mutex(State(progress: Progress(ofOperation: isOfOperation)))
    if session.console.redraws && !session.isJSON { tick() }
  }

  /// Shows what an event adds. A program that only watches gets each event as a line.
  func show(_ event: ControlClient.Answer<ResourceEvent>) {
    if session.isJSON {
      if session.line.command == "resource watch" {
        session.console.out(String(decoding: event.bytes, as: UTF8.self) + "\n")
      }
      return
    }
    let now = session.now
    state.withLock { state in
      let lines = state.progress.lines(event.view.resource, at: now)
      state.resource = event.view.resource
      let text = clearing(&state) + lines.map { $0 + "\n" }.joined()
      if !text.isEmpty { session.console.out(text) }
    }
  }

  /// Says something beside the results.
  func note(_ text: String) {
    state.withLock { state in
      let before = clearing(&state)
      if !before.isEmpty { session.console.out(before) }
      session.console.err("note: \(text)\n")
    }
  }

  /// Takes the redrawn line away, for good.
  func close() {
    state.withLock { state in
      state.closed = true
      let text = clearing(&state)
      if !text.isEmpty { session.console.out(text) }
    }
  }

  private func clearing(_ state: inout State) -> String {
    defer { state.drawn = false }
    return state.drawn ? "\r\u{1B}[K" : ""
  }

  private func tick() {
    let now = session.now
    let goesOn = state.withLock { state in
      guard !state.closed else { return false }
      if let resource = state.resource {
        state.frame += 1
        session.console.out("\r\u{1B}[K" + Progress.waiting(resource, frame: state.frame, now: now))
        state.drawn = true
      }
      return true
    }
    // Ends by itself: `close` stops it, and the session outlives the screen by one tick at most.
    if goesOn { session.reactor.schedule(after: .milliseconds(100)) { [self] in tick() } }
  }
}
