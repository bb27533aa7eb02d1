import PluginMessages
import System

extension PluginSupervisor {
  // MARK: Calls

  /// Takes a call: it runs now, waits for its turn, or is told at once that nobody serves.
  func submit(_ ticket: CallTicket) {
    if let refusal { return _ = ticket.decide(.notServing(refusal)) }
    queue.add(
      ticket, id: ticket.id, account: ticket.call.account, urgent: ticket.call.verb == .terminate)
    pump()
  }

  private var refusal: String? {
    switch state {
    case .starting, .serving: nil
    case .refused(let reason): reason
    case .stopped: "the host is stopping"
    case .backoff(let until, let reason):
      until > Clock.monotonic() &+ environment.configuration.patience.nanoseconds
        ? "\(reason); the next start is in \((until &- Clock.monotonic()) / 1_000_000_000 + 1) s" : nil
    }
  }

  /// Gives waiting calls to the worker as far as its slots go.
  func pump() {
    while let worker = current, let manifest = checked?.manifest, worker.tickets.count < manifest.maxConcurrency,
      let ticket = queue.next()
    {
      start(ticket, on: worker)
    }
  }

  private func start(_ ticket: CallTicket, on worker: Worker) {
    if ticket.isDecided { return }
    guard worker.ready?.has(ticket.call.verb) == true else {
      ticket.decide(.failed(code: 15, Array(#"{"message":"this plugin has no such verb","may_exist":false}"#.utf8)))
      return
    }
    guard let wire = worker.open(ticket.call) else {
      ticket.decide(.notServing("the worker of \(name) is ending"))
      return
    }
    ticket.running = (worker, wire)
    worker.tickets[wire] = ticket
  }

  /// The deadline of a call has come.
  func expire(_ ticket: CallTicket) {
    guard let (worker, wire) = ticket.running else {
      _ = queue.remove(ticket.id)
      ticket.decide(.notServing(waitedInVain))
      return
    }
    if ticket.decide(.overdue) {
      log(2, "\(ticket.call.verb.name) of account \(ticket.call.account) is overdue", pid: worker.child.pid)
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

  /// A worker that holds an overdue call gets no more calls; another one starts.
  private func condemn(_ worker: Worker, _ reason: String) {
    if worker.condemned { return settle(worker) }
    worker.condemned = true
    if worker === current {
      current = nil
      retiring.append(worker)
      died(reason: "\(file.path): \(reason)", servedSince: worker.servingSince)
    }
    settle(worker)
  }

  /// The caller does not wait any more.
  func cancel(_ ticket: CallTicket) {
    guard let (worker, wire) = ticket.running else {
      _ = queue.remove(ticket.id)
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
      worker.enforced = hello.enforced
      if let fault = LoadCheck.fault(hello, pid: worker.child.pid) { worker.kill(because: fault) }
    case .ready(let ready):
      if worker === starting { loaded(worker, ready) }
    case .refused(let refused):
      worker.loaded()
      if worker === starting {
        turnAway(worker, LoadCheck.text(refused, file: file.path, stored: worker.image.path))
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
    case .pong, .fault: break
    }
  }

  private func answered(_ worker: Worker, _ call: UInt64, _ outcome: CallOutcome) {
    guard let ticket = worker.tickets[call], !ticket.decide(outcome) else { return }
    let late = LateReply(
      plugin: name, verb: ticket.call.verb, account: ticket.call.account, tag: ticket.call.tag, outcome: outcome)
    environment.sinks.lateReply(late)
  }

  private func returned(_ worker: Worker, _ call: UInt64) {
    guard let ticket = worker.tickets.removeValue(forKey: call) else { return }
    ticket.running = nil
    ticket.cancelTimer()
    ticket.stopRequests()
    if worker === current { pump() } else { settle(worker) }
  }

  private func logged(_ worker: Worker, _ call: UInt64, _ line: WorkerLog) {
    guard let dropped = budget.admit(at: Clock.monotonic()) else { return }
    if dropped > 0 { log(2, "\(dropped) lines were dropped: the plugin writes too much", pid: worker.child.pid) }
    environment.sinks.log(
      PluginLogLine(
        plugin: name, pid: worker.child.pid, level: line.level, message: line.message, fields: line.fields,
        tag: worker.tickets[call]?.call.tag ?? ""))
  }

  func captured(_ worker: Worker, _ line: String) {
    guard let dropped = budget.admit(at: Clock.monotonic()) else { return }
    if dropped > 0 { log(2, "\(dropped) lines were dropped: the plugin writes too much", pid: worker.child.pid) }
    log(1, "output: \(line)", pid: worker.child.pid)
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
    let handle = ticket.http(PluginHTTPRequest(ticket.call, request, texts, remainingMs: remaining), responder)
    ticket.requests[number] = CallTicket.OpenRequest(handle: handle, responder: responder)
  }

  private func refuse(_ worker: Worker, _ call: UInt64, _ request: WorkerHTTP, _ reason: String) {
    worker.answer(call, request.request, .head(WorkerHTTPHead(outcome: 0, error: reason)))
    worker.answer(call, request.request, .end(whole: true))
  }
}
