import Core
import Daemon
import PluginKit
import PluginSimulation
import Synchronization

/// Calls the real plugin's verbs in this process: the same messages as through a worker, and the simulated cloud.
final class PluginInPlace: PluginCalling {
  private let verbs: VerbDispatch
  private let cloud: VirtualCloud
  private let last = Mutex<Int64>(0)

  init(_ provisioner: any Provisioner, _ cloud: VirtualCloud) {
    verbs = VerbDispatch(provisioner)
    self.cloud = cloud
  }

  /// Takes the milliseconds that the last call took; 0 where no verb was called.
  func takeSpan() -> Int64 {
    last.withLock { span in
      defer { span = 0 }
      return span
    }
  }

  func call(
    _ verb: HostVerb, on account: AccountRecord, payload: [UInt8], subject: CallSubject
  ) async -> VerbOutcome {
    let services = VirtualCall(cloud)
    let ending = verbs.call(verb, payload, services)
    last.withLock { $0 = services.span }
    return VerbOutcome(
      ending: ending,
      mutations: services.changes.map { MutationEvidence(reach: .answered($0.status), leftAt: $0.at) },
      requests: services.requests)
  }
}
