import CloudSim
import PluginFixture
import PluginKit
import PluginMessages

/// A plugin over a pure simulator, in virtual time: what a host's broker does, without a host.
final class SimulatedCloudUnderTest<Cloud: SimulatedCloud>: CloudUnderTest {
  /// What differs from cloud to cloud.
  struct Traits {
    /// The simulator, with the token `good` and, for another project, `other`.
    var cloud: Cloud
    var plugin: any Provisioner
    var sold: PlacementSpec
    var wrong: [PlacementSpec]
    /// Path at which machines are created, without the base path.
    var createPath: String
    /// A machine for the admin endpoint: of an attempt where one is given.
    var planted: (_ name: String, _ attempt: String?) -> CloudSim.JSON
  }

  private let traits: Traits
  private let sim: SimulatedCall<Cloud>
  let account = AccountContext(id: "acc", installationId: "inst")

  init(_ traits: Traits, startMs: Int64 = CloudTable.startMs) {
    self.traits = traits
    sim = SimulatedCall(traits.cloud, token: TestCredential.good.rawValue, nowMs: startMs)
    // The host's broker keeps to the rate that the manifest states.
    if let perSecond = type(of: traits.plugin).manifest.rate?.perSecond, perSecond > 0 {
      sim.paceMs = Int64(1_000 / perSecond + 1)
    }
  }

  var plugin: any Provisioner { traits.plugin }
  var sold: PlacementSpec { traits.sold }
  var wrong: [PlacementSpec] { traits.wrong }
  var nowMs: Int64 { sim.nowMs }
  var standing: Set<String> { Set(sim.cloud.frame.ledger.open.map { "\($0.id)" }) }

  func perform(_ request: CloudRequest) -> CloudOutcome { sim.perform(request) }

  func pass(ms: Int64) {
    sim.nowMs += max(1, ms)
    sim.cloud.settle(to: sim.nowMs)
  }

  func befall(_ misfortune: Misfortune) {
    let create = Cloud.basePath + traits.createPath + "$"
    let fault =
      switch misfortune {
      case .createAnswerLost: Fault(.dropAnswer, method: "POST", path: create)
      case .createAnswered503:
        Fault(
          .respond(status: 503, code: "unavailable", message: "try later", body: nil, headers: [], execute: true),
          method: "POST", path: create)
      case .createAnswerCut: Fault(.truncate(bytes: 20), method: "POST", path: create)
      case .soldOut: Fault(.stockOut(ms: 600_000), method: "POST", path: create)
      case .rateLimited(let seconds): Fault(.rateLimit(seconds: seconds))
      case .deletedBetweenPages: Fault(.deleteListed, method: "GET", path: create)
      case .garbage: Fault(.garbage, method: "GET")
      case .hidden(let ms): Fault(.hidden(ms: ms), method: "POST", path: create)
      }
    sim.cloud.frame.faults.add(fault)
  }

  func use(_ credential: TestCredential) { sim.token = credential.rawValue }

  func plantForeign(named name: String) throws -> String { try plant(traits.planted(name, nil)) }

  func plantTwin(of attempt: String, named name: String) throws -> String { try plant(traits.planted(name, attempt)) }

  private func plant(_ json: CloudSim.JSON) throws -> String {
    let before = standing
    _ = try sim.cloud.plant(json)
    guard let id = standing.subtracting(before).first else { throw MatrixError("nothing was planted") }
    return id
  }

  func vanish(_ id: String) throws {
    guard sim.cloud.vanish(id) else { throw MatrixError("there is no machine \(id)") }
  }
}

/// What the matrix itself cannot do.
struct MatrixError: Error {
  let message: String

  init(_ message: String) { self.message = message }
}
