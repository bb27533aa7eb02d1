import Plugins
import System

/// Calls of a plugin one after the other, on the loop thread.
///
/// `@unchecked Sendable`: confined to the loop thread once `next` was called.
final class CallChain: @unchecked Sendable {
  private let router: PluginRouter
  private let payload: [UInt8]
  private let account: String
  private let count: Int
  private let done: (Result<[Double], any Error>) -> Void
  private var spans: [Double] = []

  init(
    _ router: PluginRouter, _ payload: [UInt8], _ count: Int, account: String,
    done: @escaping (Result<[Double], any Error>) -> Void
  ) {
    (self.router, self.payload, self.count, self.account, self.done) = (router, payload, count, account, done)
    spans.reserveCapacity(count)
  }

  /// Makes the next call, or tells how long they took.
  func next() {
    if spans.count == count { return done(.success(spans)) }
    let start = Clock.monotonic()
    let call = PluginCall(
      plugin: "evil", verb: .poll, account: account, payload: payload, deadline: start &+ 10_000_000_000)
    router.assumeIsolated { router in
      router.call(call, http: EchoRig.refusal) { [self] outcome in
        guard case .replied(let bytes) = outcome, bytes.count == payload.count else {
          return done(.failure(Unmeasured("an echo was answered with \(outcome)")))
        }
        spans.append(Double(Clock.monotonic() - start) / 1_000)
        next()
      }
    }
  }
}
