import Synchronization

/// An HTTP request of a plugin, with the call that it belongs to; nothing in it is checked but its form.
package struct PluginHTTPRequest: Sendable, Hashable {
  /// The plugin's id.
  package let plugin: String
  /// The call's account.
  package let account: String
  /// The call's verb.
  package let verb: PluginVerb
  /// The call's tag.
  package let tag: String
  /// Name of the endpoint.
  package let endpoint: String
  /// Method, as the plugin wrote it.
  package let method: String
  /// Path, as the plugin wrote it.
  package let path: String
  /// Query without `?`.
  package let query: String
  /// Lines `Name: value\n`.
  package let headers: String
  /// Body.
  package let body: [UInt8]
  /// Milliseconds, 1 ... 3,600,000; never beyond what was left of the call when it was made.
  package let timeoutMs: Int
  /// Decoded bytes of answer to accept, 1 ... 16 MiB.
  package let maxResponse: Int
  /// Seconds that a cached answer may be old, 0 ... 86,400.
  package let cacheTTLS: Int
  /// Whether the plugin wants the body in pieces.
  package let streamed: Bool
  /// What the image that makes the request has declared.
  package let manifest: CheckedManifest?

  init(
    _ call: PluginCall, _ request: WorkerHTTP, _ texts: WorkerHTTP.Texts, _ manifest: CheckedManifest?,
    remainingMs: UInt64
  ) {
    self.manifest = manifest
    plugin = call.plugin
    account = call.account
    verb = call.verb
    tag = call.tag
    endpoint = texts.endpoint
    method = texts.method
    path = texts.path
    query = texts.query
    headers = texts.headers
    body = request.body
    let wanted = request.timeoutMs == 0 ? 60_000 : UInt64(request.timeoutMs)
    timeoutMs = Int(max(1, min(wanted, remainingMs, 3_600_000)))
    maxResponse = request.maxResponse == 0 ? 4 << 20 : Int(min(request.maxResponse, 16 << 20))
    cacheTTLS = Int(min(request.cacheTTLS, 86_400))
    streamed = request.streamed
  }
}

/// Performs a plugin's HTTP request. Called on the loop thread; must not block. Answers through the responder,
/// from any thread, also before it returns.
package typealias PluginHTTPDelegate = @Sendable (PluginHTTPRequest, PluginHTTPResponder) -> PluginHTTPHandle

/// How the performer of a request is told what the worker wants. Both are called on the loop thread.
package struct PluginHTTPHandle: Sendable {
  /// After `PluginHTTPFlow.pause`: go on with the body.
  package let resume: @Sendable () -> Void
  /// Nobody wants the answer any more: the plugin ended it or its call is over. Called at most once.
  package let stop: @Sendable () -> Void

  /// Makes a handle.
  package init(resume: @escaping @Sendable () -> Void = {}, stop: @escaping @Sendable () -> Void = {}) {
    self.resume = resume
    self.stop = stop
  }
}

/// What a responder wants after a piece of body.
package enum PluginHTTPFlow: Sendable, Hashable {
  /// The next piece.
  case more
  /// Nothing until `PluginHTTPHandle.resume`.
  case pause
  /// Nothing more.
  case stop
}

/// Takes the answer to one request: head, any number of pieces, end. Any thread, in order.
package final class PluginHTTPResponder: Sendable {
  private struct State {
    var queued = 0
    var paused = false
    var over = false
  }

  /// Bytes that wait for the worker before the source is asked to pause.
  static let high = 512 << 10

  private let state = Mutex(State())
  private let deliver: @Sendable (Piece) -> Void

  enum Piece: Sendable {
    case head(WorkerHTTPHead)
    case body([UInt8])
    case end(whole: Bool)
  }

  init(_ deliver: @escaping @Sendable (Piece) -> Void) { self.deliver = deliver }

  /// Tells what became of the request; comes first, once.
  package func head(_ head: WorkerHTTPHead) { deliver(.head(head)) }

  /// Adds a piece of the body.
  package func body(_ bytes: [UInt8]) -> PluginHTTPFlow {
    let flow: PluginHTTPFlow = state.withLock { state in
      if state.over { return .stop }
      state.queued += bytes.count
      state.paused = state.queued > Self.high
      return state.paused ? .pause : .more
    }
    if flow != .stop { deliver(.body(bytes)) }
    return flow
  }

  /// Ends the answer; `whole` is false where the body was cut short.
  package func end(whole: Bool = true) { deliver(.end(whole: whole)) }

  /// Notes what went to the worker; true where the source waits and may go on.
  func sent(_ count: Int) -> Bool {
    state.withLock { state in
      state.queued = max(0, state.queued - count)
      guard state.paused, state.queued <= Self.high / 2 else { return false }
      state.paused = false
      return true
    }
  }

  func close() { state.withLock { $0.over = true } }
}
