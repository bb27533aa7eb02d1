import PluginMessages
import System

extension PluginSupervisor {
  // MARK: Calls

  /// Takes a call: it runs now, waits for its turn, or is told at once that nobody serves.
  func submit(_ ticket: CallTicket) {
    if let refusal { return _ = ticket.decide(.notServing(refusal)) }
    if let reason = parkedReason(ticket.call) { return _ = ticket.decide(.parked(reason)) }
    wait(ticket)
    pump()
  }

  private func wait(_ ticket: CallTicket) {
    let account = ticket.call.account
    let urgency: Urgency =
      switch ticket.call.verb {
      case .terminate: .end
      case .poll: .look
      default: .rest
      }
    if charges.isSuspect(ticket.call.charge) {
      suspects.add(ticket, id: ticket.id, account: account, urgency)
    } else {
      queue.add(ticket, id: ticket.id, account: account, urgency)
    }
  }

  /// Takes a call out of the queues.
  func forget(_ ticket: CallTicket) {
    _ = queue.remove(ticket.id)
    _ = suspects.remove(ticket.id)
  }

  private var refusal: String? {
    switch state {
    case .starting, .serving: nil
    case .stopped: "the host is stopping"
    case .backoff(let until, let reason):
      until > Clock.monotonic() &+ environment.configuration.patience.nanoseconds
        ? "\(reason); the next start is in \((until &- Clock.monotonic()) / 1_000_000_000 + 1) s" : nil
    case .incomplete, .refused, .needsApproval, .quarantined, .disabled: "\(name): \(state.reason ?? state.name)"
    }
  }

  /// Gives waiting calls to workers as far as their slots go, and adds workers where calls wait for want of one.
  func pump() {
    guard let generation = current, stopping == nil else { return }
    while let worker = generation.free(.shared) {
      let busy = generation.isSerial ? generation.busyAccounts : []
      guard let ticket = queue.next(where: { !busy.contains($0) }) else { break }
      if ticket.isDecided { continue }
      // It may have become one while it waited.
      charges.isSuspect(ticket.call.charge) ? wait(ticket) : start(ticket, on: worker)
    }
    if suspects.count > 0 {
      if let worker = generation.free(.alone), let ticket = suspects.next() {
        start(ticket, on: worker)
      } else if generation.count(.alone) == 0 {
        grow(.alone)
      }
    }
    if generation.isSerial, needsOneMore(generation) { growLater(generation) }
  }

  private func needsOneMore(_ generation: Generation) -> Bool {
    let count = generation.count(.shared)
    guard count > 0, count < environment.configuration.mostWorkers, generation.starting.isEmpty else { return false }
    let busy = generation.busyAccounts
    return queue.accounts.contains { !busy.contains($0) }
  }

  private func growLater(_ generation: Generation) {
    if Clock.monotonic() >= generation.restUntil { return grow(.shared) }
    if growth != nil { return }
    growth = environment.reactor.schedule(at: generation.restUntil) { [self] in
      growth = nil
      pump()
    }
  }

  private func start(_ ticket: CallTicket, on worker: Worker) {
    if ticket.isDecided { return }
    guard worker.ready?.has(ticket.call.verb) == true else {
      ticket.decide(.failed(code: 15, Array(#"{"message":"this plugin has no such verb","may_exist":false}"#.utf8)))
      return
    }
    open(ticket, on: worker)
  }

  /// Gives a call to a worker, whoever it is.
  func open(_ ticket: CallTicket, on worker: Worker) {
    guard let wire = worker.open(ticket.call) else {
      ticket.decide(.notServing("the worker of \(name) is ending"))
      return
    }
    ticket.running = (worker, wire)
    ticket.startedAt = Clock.monotonic()
    worker.tickets[wire] = ticket
    worker.watchPulse()
  }

  /// The deadline of a call has come.
  func expire(_ ticket: CallTicket) {
    guard let (worker, wire) = ticket.running else {
      forget(ticket)
      ticket.decide(.notServing(waitedInVain))
      return
    }
    if ticket.decide(.overdue) {
      generation(of: worker)?.metrics.overdue(ticket.call.verb)
      log(2, "\(ticket.call.verb.name) of account \(ticket.call.account) is overdue", worker)
    }
    ticket.stopRequests()
    worker.cancel(wire)
    condemn(worker, "\(ticket.call.verb.name) did not return by its deadline")
  }

  private var waitedInVain: String {
    let slots = checked.map { "all \($0.manifest.maxConcurrency) call slots of the plugin were taken" }
    return state == .serving
      ? "\(name): the call's time ran out while \(slots ?? "it waited")"
      : "\(name): the call's time ran out while the plugin was \(state.name)"
  }

  /// The caller does not wait any more.
  func cancel(_ ticket: CallTicket) {
    guard let (worker, wire) = ticket.running else {
      forget(ticket)
      ticket.decide(.cancelled(sent: false))
      return
    }
    // Its slot stays taken until the verb returns, and its deadline still holds.
    guard ticket.decide(.cancelled(sent: true)) else { return }
    ticket.stopRequests()
    worker.cancel(wire)
  }

  // MARK: Events of workers

  func take(_ worker: Worker, _ event: WorkerEvent) {
    switch event {
    case .hello(let hello):
      if let fault = worker.greeted(hello) { worker.kill(because: fault) }
    case .ready(let ready):
      worker.loaded()
      worker.ready = ready
      worker.readyAt = Clock.monotonic()
      if let candidate, candidate.worker === worker {
        loaded(candidate, ready)
      } else if let generation = generation(of: worker) {
        joined(worker, ready, generation)
      }
    case .refused(let refused):
      worker.loaded()
      let reason = LoadCheck.text(refused, file: file.path, stored: worker.image.path, sandbox: worker.sandbox)
      if let candidate, candidate.worker === worker {
        turnAway(candidate, reason)
      } else if let generation = generation(of: worker), generation.starting.contains(where: { $0 === worker }) {
        generation.starting.removeAll { $0 === worker }
        generation.leaving.append(worker)
        if generation === current { failedToLoad(generation, worker, reason) }
      }
    case .replied(let call, let bytes): answered(worker, call, .replied(bytes))
    case .failed(let call, let code, let bytes): answered(worker, call, .failed(code: code, bytes))
    case .returned(let call): returned(worker, call)
    case .http(let call, let request): perform(worker, call, request)
    case .httpStopped(let call, let request):
      guard let open = worker.tickets[call]?.requests.removeValue(forKey: request) else { return }
      open.responder.close()
      open.handle.stop()
      // The worker waits for the end, whatever the performer still does.
      worker.answer(call, request, .end(whole: false))
    case .progress(let call, let permille, let message):
      guard let ticket = worker.tickets[call], !ticket.isDecided else { return }
      ticket.progress(CallProgress(permille: Int(permille), message: message))
    case .log(let call, let line): logged(worker, call, line)
    case .pong(let token): worker.answered(token)
    case .fault: break
    }
  }

  private func answered(_ worker: Worker, _ call: UInt64, _ outcome: CallOutcome) {
    guard let ticket = worker.tickets[call] else { return }
    if case .failed = outcome { ticket.hasFailed = true }
    guard !ticket.decide(outcome) else { return }
    let late = LateReply(
      plugin: name, verb: ticket.call.verb, account: ticket.call.account, tag: ticket.call.tag, outcome: outcome)
    environment.sinks.lateReply(late)
  }

  private func returned(_ worker: Worker, _ call: UInt64) {
    guard let ticket = worker.tickets.removeValue(forKey: call) else { return }
    ticket.running = nil
    ticket.cancelTimer()
    ticket.stopRequests()
    guard let generation = generation(of: worker) else { return }
    generation.metrics.returned(
      ticket.call.verb, after: Clock.monotonic() &- ticket.startedAt, failed: ticket.hasFailed)
    if worker.lane == .alone { charges.cleared(ticket.call.charge) }
    guard generation === current, generation.workers.contains(where: { $0 === worker }) else { return settle(worker) }
    pump()
    settleIdle(worker)
  }

  private func logged(_ worker: Worker, _ call: UInt64, _ line: WorkerLog) {
    // The worker drops lines that the host does not take fast enough, and says how many so far.
    budget.lost(Int(clamping: line.dropped &- worker.linesLost))
    worker.linesLost = line.dropped
    guard admit(worker) else { return }
    tail.add(line.message)
    environment.sinks.log(
      PluginLogLine(
        plugin: name, generation: worker.generation, pid: worker.child.pid, level: line.level, message: line.message,
        fields: line.fields, tag: worker.tickets[call]?.call.tag ?? ""))
  }

  /// A line that the plugin wrote to its standard output or error.
  func captured(_ worker: Worker, _ line: String) {
    if admit(worker) { log(1, "output: \(line)", worker) }
  }

  private func admit(_ worker: Worker) -> Bool {
    guard let dropped = budget.admit(at: Clock.monotonic()) else { return false }
    if dropped > 0 { log(2, "\(dropped) lines were dropped: the plugin writes too much", worker) }
    return true
  }

  // MARK: HTTP

  private func perform(_ worker: Worker, _ call: UInt64, _ request: WorkerHTTP) {
    guard let ticket = worker.tickets[call] else { return }
    let now = Clock.monotonic()
    guard !ticket.isDecided, ticket.call.deadline > now else {
      return refuse(worker, call, request, "the call is over; nothing was sent")
    }
    guard let texts = request.texts else {
      return refuse(worker, call, request, "a part of the request is not UTF-8; nothing was sent")
    }
    let remaining = (ticket.call.deadline - now) / 1_000_000
    let reactor = environment.reactor
    let number = request.request
    let responder = PluginHTTPResponder { piece in
      reactor.submit { [weak worker] in worker?.answer(call, number, piece) }
    }
    let manifest = generation(of: worker)?.checked ?? worker.checked
    let handle = ticket.http(
      PluginHTTPRequest(ticket.call, request, texts, manifest, remainingMs: remaining), responder)
    ticket.requests[number] = CallTicket.OpenRequest(handle: handle, responder: responder)
  }

  private func refuse(_ worker: Worker, _ call: UInt64, _ request: WorkerHTTP, _ reason: String) {
    worker.answer(call, request.request, .head(WorkerHTTPHead(outcome: 0, error: reason)))
    worker.answer(call, request.request, .end(whole: true))
  }
}
