import HTTP
import Synchronization
package import System

/// A simulated cloud that is served, whichever it is.
package protocol ServedCloud: Sendable {
  /// Where the API's paths begin, such as `http://127.0.0.1:1234/v1`.
  var url: String { get }
  /// Stops listening and ends every VM.
  func stop() async
}

/// A simulated cloud behind a real HTTP server, on the real clock.
///
/// It serves until `stop`. Faults that drop connections or send half an answer do so on the wire.
package final class CloudServer<Cloud: SimulatedCloud>: ServedCloud {
  private struct State {
    var cloud: Cloud
    var timer: ReactorTimer?
    var stopped = false
    var listeners: [UInt64: AsyncStream<[UInt8]>.Continuation] = [:]
    var serial: UInt64 = 0
  }

  private let state: Mutex<State>
  private let reactor: Reactor
  private let runner: VMRunner?
  private let start: (wall: Int64, monotonic: UInt64)
  private let serving = Mutex<HTTPServer?>(nil)

  /// Listens at `address` (port 0 lets the kernel choose) and answers from now on; `runner` runs the VMs where they
  /// are to be real.
  ///
  /// The cloud's clock follows the monotonic one from the wall clock's time at the start.
  package init(_ cloud: Cloud, at address: SocketAddress, on reactor: Reactor, runner: VMRunner? = nil)
    throws(SystemError)
  {
    state = Mutex(State(cloud: cloud))
    self.reactor = reactor
    self.runner = runner
    start = (Clock.wall(), Clock.monotonic())
    let options = HTTPServerOptions(limits: HTTPLimits(body: 1 << 20))
    let server = try HTTPServer(.tcp(address), on: reactor, options: options) { [weak self] request, _ in
      await self?.reply(to: request) ?? .abort()
    }
    serving.withLock { $0 = server }
    state.withLock { $0.cloud.attach(baseURL: url, loopback: runner == nil ? nil : port) }
  }

  /// Port that it listens on.
  package var port: UInt16 {
    guard case .tcp(let address) = serving.withLock({ $0?.endpoint }) else { return 0 }
    return address.port
  }

  /// Where the API's paths begin, such as `http://127.0.0.1:1234/v1`.
  package var url: String {
    guard case .tcp(let address) = serving.withLock({ $0?.endpoint }) else { return "" }
    return "http://\(address)\(Cloud.basePath)"
  }

  /// Reads or changes the cloud, settled to now.
  package func with<Result: Sendable>(_ body: @Sendable (inout Cloud) -> Result) -> Result {
    let result = state.withLock { state in
      state.cloud.settle(to: now)
      return body(&state.cloud)
    }
    follow()
    return result
  }

  /// Stops listening and ends every VM.
  package func stop() async {
    state.withLock { state in
      state.stopped = true
      state.timer?.cancel()
      state.timer = nil
    }
    let server = serving.withLock { $0 }
    await server?.stop(grace: .milliseconds(100))
    await runner?.stop()
  }

  private var now: Int64 { start.wall + Int64(clamping: (Clock.monotonic() - start.monotonic) / 1_000_000) }

  private func reply(to request: HTTPRequest) async -> HTTPReply {
    if request.method == "GET", request.path == "/_sim/requests/stream" { return heard() }
    let reply = state.withLock { $0.cloud.handle(request, at: now) }
    follow()
    tell(request)
    if reply.delay > 0 { try? await reactor.sleep(for: .milliseconds(reply.delay)) }
    switch reply.delivery {
    case .whole: return .whole(reply.response)
    case .droppedUnread, .droppedAnswer: return .abort()
    case .truncated(let count): return .abort(afterBody: count, of: reply.response)
    }
  }

  /// An answer of one empty line now and a line for every request from now on.
  private func heard() -> HTTPReply {
    let (stream, door) = AsyncStream<[UInt8]>.makeStream()
    let serial = state.withLock { state in
      state.serial += 1
      state.listeners[state.serial] = door
      return state.serial
    }
    door.onTermination = { [weak self] _ in self?.state.withLock { $0.listeners[serial] = nil } }
    door.yield([UInt8(ascii: "\n")])
    return .streamed(HTTPResponse(status: 200, headers: [HTTPField("content-type", "text/plain")]), stream)
  }

  /// Tells who listens of a request that the cloud has acted on, before a delay of its answer.
  private func tell(_ request: HTTPRequest) {
    guard !request.path.hasPrefix("/_sim") else { return }
    let line = Array("\(request.method) \(request.path)\n".utf8)
    for door in state.withLock({ Array($0.listeners.values) }) { door.yield(line) }
  }

  /// Has VMs started and stopped, and wakes up when the cloud changes next; without real VMs nobody would see
  /// that, and it does so when it is asked.
  private func follow() {
    guard let runner else { return }
    state.withLock { state in
      guard !state.stopped else { return }
      for command in state.cloud.takeCommands() { runner.perform(command) }
      state.timer?.cancel()
      state.timer = state.cloud.nextEvent.map { next in
        reactor.schedule(after: .milliseconds(max(0, next - now))) { [weak self] in self?.with { _ in } }
      }
    }
  }
}
