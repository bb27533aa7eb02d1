import CloudSim
import HTTP
import Model
import PluginKit
import PluginMessages
import Synchronization

/// The simulated cloud in virtual time, with the cache of a broker before it; every request takes `latency`.
final class VirtualCloud: Sendable {
  private struct State {
    var cloud: any SimulatedCloud
    var now: Model.Instant
    var cache: [String: (until: Int64, response: CloudResponse)] = [:]
  }

  /// Milliseconds from a request to its answer.
  static let latency: Int64 = 30

  private let state: Mutex<State>
  private let token = "bench"
  private let base: String
  /// Milliseconds between two requests at the rate that the plugin states; the host's broker keeps to it.
  private let step: Int64

  init(_ benched: BenchedCloud, seed: UInt64, start: Model.Instant) {
    let cloud = benched.cloud(token, seed, start.ms)
    base = type(of: cloud).basePath
    let manifest = type(of: benched.plugin()).manifest
    step = manifest.rate?.perSecond.map { Int64(1_000 / max(1, $0) + 1) } ?? 0
    state = Mutex(State(cloud: cloud, now: start))
  }

  /// The time, which only the loop moves.
  var now: Model.Instant { state.withLock { $0.now } }

  func move(to now: Model.Instant) {
    state.withLock { state in
      state.now = max(state.now, now)
      state.cloud.settle(to: state.now.ms)
    }
  }

  /// Reads the cloud's books.
  func with<Result: Sendable>(_ body: @Sendable (any SimulatedCloud) -> Result) -> Result {
    state.withLock { body($0.cloud) }
  }

  /// Answers one request; the second value says whether it left the host.
  func perform(_ request: CloudRequest) -> (CloudOutcome, sent: Bool) {
    state.withLock { state in
      let key = "\(request.path)?\(request.query)"
      if request.cacheTtlS > 0, let kept = state.cache[key], state.now.ms < kept.until {
        return (.answered(kept.response), false)
      }
      state.now = Model.Instant(ms: state.now.ms + step)
      let headers = request.headers.map { HTTPField($0.name.lowercased(), $0.value) }
      let reply = state.cloud.handle(
        HTTPRequest(
          method: request.method.rawValue, path: base + request.path, query: request.query,
          headers: headers + [HTTPField("authorization", "Bearer \(token)")], body: request.body), at: state.now.ms)
      let response = CloudResponse(
        status: reply.response.status,
        headers: reply.response.headers.map { CloudRequest.Header($0.name, $0.value) }, body: reply.response.body)
      if request.cacheTtlS > 0, response.succeeded {
        state.cache[key] = (state.now.ms + Int64(request.cacheTtlS) * 1_000, response)
      }
      return (.answered(response), true)
    }
  }
}

/// What one call of a plugin asks of the cloud, and the evidence that a broker would keep of it.
final class VirtualCall: CallServices {
  private let cloud: VirtualCloud
  private(set) var requests = 0
  private(set) var changes: [(status: Int, at: Model.Instant)] = []

  init(_ cloud: VirtualCloud) { self.cloud = cloud }

  var nowMs: Int64 { cloud.now.ms }

  func perform(_ request: CloudRequest) -> CloudOutcome {
    let (outcome, sent) = cloud.perform(request)
    if sent { requests += 1 }
    if request.changes, case .answered(let response) = outcome { changes.append((response.status, cloud.now)) }
    return outcome
  }
}
