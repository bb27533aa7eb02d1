import Core
import FoundationEssentials
import Model
import PluginMessages
import Plugins
import Synchronization

/// Late replies on their way to the engine; the pump is made after those who may send them.
final class EventDoor: Sendable {
  private let pump = Mutex<Pump?>(nil)

  func open(_ pump: Pump) { self.pump.withLock { $0 = pump } }

  /// Anything else; what comes before the door is open is lost.
  func send(_ event: EngineEvent) { pump.withLock { $0 }?.send(event) }

  /// What has crashed a plugin is a finding of the resource that it was about.
  func parked(_ call: ParkedCall) {
    guard let resource = CallSubject.resource(call.subject.subject) else { return }
    pump.withLock { $0 }?.send(.found(resource: resource, .pluginCrash, call.reason))
  }

  /// A create that answered after its outcome was decided: its id is evidence, and is never dropped.
  func late(_ reply: LateReply) {
    guard reply.verb == .provision, case .replied(let bytes) = reply.outcome,
      let told = try? JSONDecoder().decode(ProvisionReply.self, from: Data(bytes)),
      let id = Believed.opaque(told.externalId, most: 500), !id.isEmpty
    else { return }
    let parts = reply.tag.split(separator: "/")
    guard parts.count == 2, let resource = ULID(String(parts[0])), let attempt = ULID(String(parts[1])) else { return }
    pump.withLock { $0 }?.send(.evidence(resource: resource, attempt: attempt, externalID: id))
  }
}
