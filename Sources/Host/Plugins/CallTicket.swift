import System

/// One call on its way through the host, from the caller to the verb's return.
///
/// `@unchecked Sendable`: confined to the loop thread.
final class CallTicket: @unchecked Sendable {
  struct OpenRequest {
    let handle: PluginHTTPHandle
    let responder: PluginHTTPResponder
  }

  let id: UInt64
  let call: PluginCall
  let http: PluginHTTPDelegate
  let progress: @Sendable (CallProgress) -> Void
  /// Fires at the deadline.
  var timer: ReactorTimer?
  /// The worker that runs it, and its number there.
  var running: (worker: Worker, wire: UInt64)?
  /// When it was given to the worker, on `Clock.monotonic`.
  var startedAt: UInt64 = 0
  /// Whether the plugin answered with a failure.
  var hasFailed = false
  /// HTTP requests that are open, by number.
  var requests: [UInt32: OpenRequest] = [:]
  private var complete: ((CallOutcome) -> Void)?

  init(
    id: UInt64, _ call: PluginCall, http: @escaping PluginHTTPDelegate,
    progress: @escaping @Sendable (CallProgress) -> Void, complete: @escaping (CallOutcome) -> Void
  ) {
    self.id = id
    self.call = call
    self.http = http
    self.progress = progress
    self.complete = complete
  }

  /// Whether the caller has its outcome.
  var isDecided: Bool { complete == nil }

  /// Gives the caller its outcome; false where it has one already.
  @discardableResult
  func decide(_ outcome: CallOutcome) -> Bool {
    guard let complete else { return false }
    self.complete = nil
    if running == nil { cancelTimer() }
    complete(outcome)
    return true
  }

  /// Tells the performers of its requests that nobody wants their answers any more.
  func stopRequests() {
    for (_, open) in requests.sorted(by: { $0.key < $1.key }) {
      open.responder.close()
      open.handle.stop()
    }
    requests = [:]
  }

  func cancelTimer() {
    timer?.cancel()
    timer = nil
  }
}
