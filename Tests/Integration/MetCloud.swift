import CloudTable
import Control
import EngineFixture
import Foundation
import Testing

/// A cloud as a real host meets it in these tests: a simulator in a process of its own, or a real engine.
protocol MetCloud: Sendable {
  /// An account of that name on it.
  func account(_ name: String) -> NewAccount
  /// A placement that is sold on it.
  var placement: PlacementView { get }

  /// What happens to the next create; cancels the test where it cannot happen there.
  func befall(_ mishap: Mishap) async throws
  /// Machines ever made, and ids of those that stand.
  func bill() async throws -> (made: Int, open: [String])
  /// Waits until something is so; it is asked now and after every request that the cloud has acted on.
  func waits(until isSo: () async throws -> Bool) async throws
  /// Removes a machine behind the host's back.
  func vanish(_ id: String) async throws
}

/// What can happen to a create.
enum Mishap {
  /// It reaches the cloud that much later.
  case late(ms: Int)
  /// The cloud carries it out, and its answer is lost.
  case answerLost
  /// The cloud carries it out twice.
  case twice
  /// What it made is not shown for a while.
  case hidden(ms: Int)
  /// It is refused for want of room, once; whoever asks again would get it.
  case soldOut
}

extension MetCloud {
  /// The account `main` on it.
  var account: NewAccount { account("main") }
}

extension SimulatedCloud: MetCloud {
  func account(_ name: String) -> NewAccount { provider.account(name, on: self) }
  var placement: PlacementView { provider.placement }

  func befall(_ mishap: Mishap) async throws {
    let fault =
      switch mishap {
      case .late(let ms): #""kind":"delay","ms":\#(ms)"#
      case .answerLost: #""kind":"drop_answer""#
      case .twice: #""kind":"twice""#
      case .hidden(let ms): #""kind":"hidden","ms":\#(ms)"#
      case .soldOut: #""kind":"stock_out","ms":1"#
      }
    _ = try await admin(
      "faults", method: "PUT",
      body: #"{\#(fault),"method":"POST","path":"\#(provider.base)\#(provider.machines)$"}"#)
  }

  func vanish(_ id: String) async throws { _ = try await admin("servers/\(id)", method: "DELETE") }
}

/// The suite's Docker engine, behind a gate of this test's own.
final class EngineCloud: MetCloud {
  let placement: PlacementView
  private let engine: Engine
  private let gate: EngineGate

  /// Cancels the test where no engine can run.
  init(_ scratch: Scratch) async throws {
    engine = try Engine.needed()
    gate = try EngineGate(engine, in: scratch.path)
    let place = try await engine.docker("info", "--format", "{{.Name}}")
    placement = PlacementView(account: "main", type: "c1-m256", location: place, image: Engine.image)
  }

  deinit {
    let gate = gate
    Task.detached { await gate.close() }
  }

  func account(_ name: String) -> NewAccount {
    NewAccount(
      name: name, plugin: "docker", credential: nil, endpoints: ["api": EndpointOverride(unixSocket: gate.socket)])
  }

  func befall(_ mishap: Mishap) async throws {
    let create = "/containers/create"
    switch mishap {
    case .late(let ms): gate.meet(.delay(.milliseconds(ms)), "POST", create)
    case .answerLost: gate.meet(.dropAnswer, "POST", create)
    case .twice: gate.meet(.twice, "POST", create)
    case .hidden: try Test.cancel("docker: an engine shows what it has made at once")
    case .soldOut:
      // An engine's own words, when it has fewer processors than it had when the size was validated.
      let words = "Range of CPUs is from 0.01 to 0.50, as there are only 0 CPUs available"
      gate.meet(.error(400, words, carriedOut: false), "POST", create)
    }
  }

  func bill() async throws -> (made: Int, open: [String]) {
    let made = Set(gate.made)
    var open: [String] = []
    for id in made where try await engine.inspect(id) != nil { open.append(id) }
    return (made.count, open)
  }

  func waits(until isSo: () async throws -> Bool) async throws {
    for await _ in gate.heard() where try await isSo() { return }
  }

  func vanish(_ id: String) async throws { _ = try await engine.docker("rm", "--force", "--volumes", id) }
}
