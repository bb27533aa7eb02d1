import Broker
import CloudSim
import HTTP
import Model
import PluginKit
import PluginMessages
import Synchronization

/// The simulated cloud in virtual time, with the cache and the pace of a broker before it; every request takes `latency`.
final class VirtualCloud: Sendable {
  private struct State {
    var cloud: any SimulatedCloud
    /// The host's time, which only the loop moves.
    var now: Model.Instant
    /// The cloud's own: never before that of a request that it had.
    var latest: Int64
    /// Where the plugin states a rate.
    var pacer: AccountPacer?
    var cache: [String: (until: Int64, response: CloudResponse)] = [:]
  }

  /// Milliseconds from a request to its answer.
  static let latency: Int64 = 30

  private let state: Mutex<State>
  private let token = "bench"
  private let base: String

  init(_ benched: BenchedCloud, seed: UInt64, start: Model.Instant) {
    let cloud = benched.cloud(token, seed, start.ms)
    base = type(of: cloud).basePath
    let manifest = type(of: benched.plugin()).manifest
    state = Mutex(
      State(
        cloud: cloud, now: start, latest: start.ms,
        pacer: manifest.rate?.perSecond.map { AccountPacer(perSecond: Int($0)) }))
  }

  /// The time, which only the loop moves.
  var now: Model.Instant { state.withLock { $0.now } }

  func move(to now: Model.Instant) {
    state.withLock { state in
      state.now = max(state.now, now)
      state.latest = max(state.latest, state.now.ms)
      state.cloud.settle(to: state.latest)
    }
  }

  /// Reads the cloud's books.
  func with<Result: Sendable>(_ body: @Sendable (any SimulatedCloud) -> Result) -> Result {
    state.withLock { body($0.cloud) }
  }

  /// Answers one request that a call makes at an instant; `left` says when it left the host, where it did.
  func perform(_ request: CloudRequest, at instant: Model.Instant) -> (CloudOutcome, left: Model.Instant?) {
    state.withLock { state in
      let key = "\(request.path)?\(request.query)"
      if request.cacheTtlS > 0, let kept = state.cache[key], instant.ms < kept.until {
        return (.answered(kept.response), nil)
      }
      var left = max(instant.ms, state.latest)
      while let later = state.pacer?.take(at: left) { left = max(later, left + 1) }
      state.latest = left
      let headers = request.headers.map { HTTPField($0.name.lowercased(), $0.value) }
      let reply = state.cloud.handle(
        HTTPRequest(
          method: request.method.rawValue, path: base + request.path, query: request.query,
          headers: headers + [HTTPField("authorization", "Bearer \(token)")], body: request.body), at: left)
      let response = CloudResponse(
        status: reply.response.status,
        headers: reply.response.headers.map { CloudRequest.Header($0.name, $0.value) }, body: reply.response.body)
      if request.cacheTtlS > 0, response.succeeded {
        state.cache[key] = (left + Int64(request.cacheTtlS) * 1_000, response)
      }
      return (.answered(response), Model.Instant(ms: left))
    }
  }
}

/// What one call of a plugin asks of the cloud, and the evidence that a broker would keep of it.
///
/// It has a time of its own, which goes on with its requests while the host's other calls have theirs.
final class VirtualCall: CallServices {
  private let cloud: VirtualCloud
  private let begun: Model.Instant
  private(set) var now: Model.Instant
  private(set) var requests = 0
  private(set) var changes: [(status: Int, at: Model.Instant)] = []

  init(_ cloud: VirtualCloud) {
    self.cloud = cloud
    begun = cloud.now
    now = begun
  }

  var nowMs: Int64 { now.ms }
  /// Milliseconds that it took so far.
  var span: Int64 { now - begun }

  func perform(_ request: CloudRequest) -> CloudOutcome {
    let (outcome, left) = cloud.perform(request, at: now)
    if let left {
      requests += 1
      now = left + VirtualCloud.latency
      if request.changes, case .answered(let response) = outcome { changes.append((response.status, left)) }
    }
    return outcome
  }
}
