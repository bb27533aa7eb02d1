import CloudSim
import CloudTable
import PluginFixture
import PluginKit
import PluginMessages

/// A plugin over a pure simulator, in virtual time: what a host's broker does, without a host.
final class SimulatedCloudUnderTest<Cloud: SimulatedCloud>: CloudUnderTest {
  let plugin: any Provisioner
  private let provider: SimulatedProvider
  private let sim: SimulatedCall<Cloud>
  let account = AccountContext(id: "acc", installationId: "inst")

  init(_ provider: SimulatedProvider, _ cloud: Cloud, startMs: Int64) {
    self.provider = provider
    plugin = provider.plugin()
    sim = SimulatedCall(cloud, token: TestCredential.good.rawValue, nowMs: startMs)
    // The host's broker keeps to the rate that the manifest states.
    if let perSecond = type(of: plugin).manifest.rate?.perSecond, perSecond > 0 {
      sim.paceMs = Int64(1_000 / perSecond + 1)
    }
  }

  var sold: PlacementSpec { provider.sold }
  var wrong: [PlacementSpec] { provider.wrong }
  var nowMs: Int64 { sim.nowMs }
  var standing: Set<String> { Set(sim.cloud.frame.ledger.open.map { "\($0.id)" }) }

  func perform(_ request: CloudRequest) -> CloudOutcome { sim.perform(request) }

  func pass(ms: Int64) {
    sim.nowMs += max(1, ms)
    sim.cloud.settle(to: sim.nowMs)
  }

  func befall(_ misfortune: Misfortune) {
    let create = provider.base + provider.machines + "$"
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

  func plantForeign(named name: String) throws -> String { try plant(#"{"name":"\#(name)"}"#) }

  func plantTwin(of attempt: String, named name: String) throws -> String {
    try plant(#"{"name":"\#(name)",\#(provider.marks(account.installationId, attempt, attempt))}"#)
  }

  private func plant(_ machine: String) throws -> String {
    let before = standing
    guard let json = CloudSim.JSON(parsing: machine) else { throw MatrixError("no JSON: \(machine)") }
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
