import Core
import Daemon
import PluginKit
import PluginMessages
import Synchronization

/// Calls the real plugin's verbs in this process: the same messages as through a worker, and the simulated cloud.
final class PluginInPlace: PluginCalling {
  private let provisioner: any Provisioner
  private let cloud: VirtualCloud
  private let last = Mutex<Int64>(0)

  init(_ provisioner: any Provisioner, _ cloud: VirtualCloud) {
    self.provisioner = provisioner
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
    let ending: VerbEnding
    do throws(CloudFailure) {
      ending = .replied(try answer(verb, payload, Call(services)))
    } catch {
      ending = .failed(error.code.rawValue, (try? JSON.encode(error.report)) ?? [])
    }
    last.withLock { $0 = services.span }
    return VerbOutcome(
      ending: ending,
      mutations: services.changes.map { MutationEvidence(reach: .answered($0.status), leftAt: $0.at) },
      requests: services.requests)
  }

  private func answer(_ verb: HostVerb, _ payload: [UInt8], _ call: Call) throws(CloudFailure) -> [UInt8] {
    switch verb {
    case .validate: try JSON.encode(provisioner.validate(read(payload), call))
    case .prepare: try JSON.encode(provisioner.prepare(read(payload), call))
    case .provision: try JSON.encode(provisioner.provision(read(payload), call))
    case .poll: try JSON.encode(provisioner.poll(read(payload), call))
    case .terminate: try JSON.encode(provisioner.terminate(read(payload), call))
    case .list: try JSON.encode(provisioner.list(read(payload), call))
    case .catalog: try JSON.encode(provisioner.catalog(read(payload), call))
    case .selfTest: try JSON.encode(provisioner.selfTest(read(payload), call))
    case .power: try JSON.encode(provisioner.power(read(payload), call))
    }
  }

  private func read<Value: Decodable>(_ payload: [UInt8]) throws(CloudFailure) -> Value {
    do {
      return try JSON.decode(Value.self, payload)
    } catch {
      throw CloudFailure(.internal, "the host's message cannot be read: \(error.reason)", remedy: "see the messages")
    }
  }
}
