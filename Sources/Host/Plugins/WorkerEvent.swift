/// What the frames of a worker amount to.
package enum WorkerEvent: Sendable, Hashable {
  /// The worker is there; its plugin is loading.
  case hello(WorkerHello)
  /// The plugin is loaded; calls may be opened.
  case ready(WorkerReady)
  /// The plugin was not loaded; the worker ends by itself.
  case refused(WorkerRefused)
  /// The call has its answer.
  case replied(call: UInt64, [UInt8])
  /// The call has failed, with a code of slipway_plugin.h section 3 and its report.
  case failed(call: UInt64, code: Int32, [UInt8])
  /// The verb has returned; its slot is free. Comes once a call, last.
  case returned(call: UInt64)
  /// The call asks for an HTTP request.
  case http(call: UInt64, WorkerHTTP)
  /// The request is not wanted any more: the plugin ended it, or its call is over.
  case httpStopped(call: UInt64, request: UInt32)
  /// How a slow call is getting on; permille 0 to 1000, or -1.
  case progress(call: UInt64, permille: Int32, String)
  /// A line of the plugin; call 0 where it belongs to none.
  case log(call: UInt64, WorkerLog)
  /// The answer to a ping.
  case pong(UInt64)
  /// The worker did what it must not; it has to be ended. Comes once, last of all.
  case fault(WireFault)
}

/// What became of an HTTP request, as HTTP_HEAD carries it.
package struct WorkerHTTPHead: Sendable, Hashable {
  /// SLIPWAY_HTTP_...: 0 not sent, 1 sent but no whole answer, 2 answered.
  package var outcome: Int32
  /// HTTP status, or 0.
  package var status: Int32
  /// Milliseconds, or 0.
  package var retryAfterMs: UInt32
  /// Lines `name: value\n`, names in lower case.
  package var headers: String
  /// A sentence where it was not answered.
  package var error: String

  /// Makes a head.
  package init(
    outcome: Int32, status: Int32 = 0, retryAfterMs: UInt32 = 0, headers: String = "", error: String = ""
  ) {
    self.outcome = outcome
    self.status = status
    self.retryAfterMs = retryAfterMs
    self.headers = headers
    self.error = error
  }
}
