import System

extension PluginRouter {
  /// Calls a plugin and waits for the outcome; every call gets one by its deadline.
  ///
  /// A cancelled task gets `cancelled` at once; the plugin is told, and what it still answers is a late reply.
  /// - Parameters:
  ///   - http: performs the HTTP requests that the plugin makes in this call.
  ///   - progress: called on the loop thread.
  package func call(
    _ call: PluginCall, http: @escaping PluginHTTPDelegate,
    progress: @escaping @Sendable (CallProgress) -> Void = { _ in }
  ) async -> CallOutcome {
    await outcome(call, http, progress) { $0.route($1) }
  }

  /// The same for callers on the loop thread, who need no task: `then` is called once, there, with the outcome.
  package func call(
    _ call: PluginCall, http: @escaping PluginHTTPDelegate, then: @escaping @Sendable (CallOutcome) -> Void
  ) {
    let id = nextTicket
    nextTicket += 1
    let ticket = CallTicket(id: id, call, http: http, progress: { _ in }) { outcome in
      self.tickets[id] = nil
      then(outcome)
    }
    if begin(ticket) { route(ticket) }
  }

  /// Calls the worker of an image that does not serve yet.
  func trial(_ worker: Worker, _ call: PluginCall, _ http: @escaping PluginHTTPDelegate) async -> CallOutcome {
    await outcome(call, http, { _ in }) { _, ticket in
      guard let owner = worker.owner, owner.candidate?.worker === worker else {
        ticket.decide(.notServing("a newer image has taken its place"))
        return
      }
      owner.open(ticket, on: worker)
    }
  }

  private func outcome(
    _ call: PluginCall, _ http: @escaping PluginHTTPDelegate, _ progress: @escaping @Sendable (CallProgress) -> Void,
    _ start: (isolated PluginRouter, CallTicket) -> Void
  ) async -> CallOutcome {
    let id = nextTicket
    nextTicket += 1
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let ticket = CallTicket(id: id, call, http: http, progress: progress) { outcome in
          self.tickets[id] = nil
          continuation.resume(returning: outcome)
        }
        if begin(ticket) { start(self, ticket) }
      }
    } onCancel: {
      reactor.submit { self.assumeIsolated { $0.cancel(id) } }
    }
  }

  private func begin(_ ticket: CallTicket) -> Bool {
    let call = ticket.call
    if Task.isCancelled {
      ticket.decide(.cancelled(sent: false))
      return false
    }
    let size = max(call.payload.count, call.directPayload?.count ?? 0)
    if size > WireLimits.message - 64 {
      ticket.decide(.notServing("a request of \(size) bytes; at most \(WireLimits.message - 64) are sent"))
      return false
    }
    if call.deadline <= Clock.monotonic() {
      ticket.decide(.notServing("the call's time had run out before it began"))
      return false
    }
    tickets[ticket.id] = ticket
    ticket.timer = reactor.schedule(at: call.deadline) { [weak ticket] in
      guard let ticket else { return }
      self.assumeIsolated { $0.expire(ticket) }
    }
    return true
  }

  private func route(_ ticket: CallTicket) {
    if let owner = owners[ticket.call.plugin] {
      owner.submit(ticket)
    } else if isSettling {
      parked[ticket.id] = ticket
    } else {
      ticket.decide(.notServing(unknown(ticket.call.plugin)))
    }
  }

  private func expire(_ ticket: CallTicket) {
    ticket.timer = nil
    if let (worker, _) = ticket.running, let owner = worker.owner { return owner.expire(ticket) }
    if parked.removeValue(forKey: ticket.id) != nil {
      ticket.decide(.notServing(unknown(ticket.call.plugin)))
      return
    }
    if let owner = owners[ticket.call.plugin] { return owner.expire(ticket) }
    for supervisor in supervisors { supervisor.forget(ticket) }
    ticket.decide(.notServing("\(ticket.call.plugin): the call's time ran out while it waited (plugin gone)"))
  }

  private func cancel(_ id: UInt64) {
    guard let ticket = tickets[id] else { return }
    if let (worker, _) = ticket.running {
      worker.owner?.cancel(ticket)
      return
    }
    parked[id] = nil
    for supervisor in supervisors { supervisor.forget(ticket) }
    ticket.decide(.cancelled(sent: false))
  }

  func decideParked() {
    for (id, ticket) in parked.sorted(by: { $0.key < $1.key }) {
      if let owner = owners[ticket.call.plugin] {
        parked[id] = nil
        owner.submit(ticket)
      } else if !isSettling {
        parked[id] = nil
        ticket.decide(.notServing(unknown(ticket.call.plugin)))
      }
    }
  }

  private func unknown(_ id: String) -> String {
    if let refused = supervisors.first(where: { $0.name == id })?.state.reason { return refused }
    let known = owners.keys.sorted().joined(separator: ", ")
    return "no plugin has the id \"\(PlainText.line(id, limit: 64))\"; loaded: \(known.isEmpty ? "none" : known); "
      + "looked in \(configuration.folders.joined(separator: ", "))"
  }
}
