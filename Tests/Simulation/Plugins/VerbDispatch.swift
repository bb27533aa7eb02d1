package import Daemon
package import PluginKit
import PluginMessages

/// Calls a plugin's verbs in this process: the same messages as through a worker.
package struct VerbDispatch: Sendable {
  private let provisioner: any Provisioner

  /// Makes a dispatch to that plugin.
  package init(_ provisioner: any Provisioner) { self.provisioner = provisioner }

  /// Calls one verb; its requests go to `services`.
  package func call(_ verb: HostVerb, _ payload: [UInt8], _ services: any CallServices) -> VerbEnding {
    do throws(CloudFailure) {
      return .replied(try answer(verb, payload, Call(services)))
    } catch {
      return .failed(error.code.rawValue, (try? JSON.encode(error.report)) ?? [])
    }
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
