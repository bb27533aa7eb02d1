import Dispatch
import Docker
import EngineFixture
import Foundation
import HTTP
import PluginKit
import PluginMessages
import Synchronization

/// The Docker plugin on a real engine, behind a gate that spoils answers.
///
/// Every run has an installation of its own, so that runs share the engine. What the plugin takes for the time runs
/// ahead of the clock as the matrix lets it pass; the engine itself needs no time for what it has answered. Requests are
/// waited for on the calling thread.
final class DockerUnderTest: CloudUnderTest {
  let plugin: any Provisioner = DockerProvisioner()
  let account: AccountContext
  let sold: PlacementSpec
  let wrong: [PlacementSpec]
  private let engine: Engine
  private let gate: EngineGate
  private let client: HTTPClient
  private let direct: HTTPClient
  /// Part of every name and label of this run.
  private let run: String
  /// Milliseconds by which the plugin's time is ahead.
  private var ahead: Int64 = 0
  /// When what the gate refuses for a while passes again, in the plugin's time.
  private var closedUntil: Int64?

  /// Label of what belongs to somebody else, and to this run.
  private static let foreign = "somebody-else"

  /// Makes a run on the suite's engine; cancels the test where there is none.
  init() throws {
    let engine = try Engine.needed()
    let gate = try EngineGate(engine, in: engine.folder)
    let direct = HTTPClient(.unix(path: engine.socket), on: Child.reactor)
    let run = UUID().uuidString.prefix(12).lowercased()
    (self.engine, self.gate, self.direct, self.run) = (engine, gate, direct, run)
    client = HTTPClient(.unix(path: gate.socket), on: Child.reactor)
    account = AccountContext(id: "matrix-\(run)", installationId: "inst-\(run)")
    let get = HTTPRequest(method: "GET", path: "/info", headers: [HTTPField("host", "docker")])
    let info = try Self.json(Self.waited { try? await direct.send(get) })
    let place = (info as? [String: Any])?["Name"] as? String ?? ""
    sold = PlacementSpec(type: "c1-m512", location: place, image: Engine.image)
    wrong = [
      PlacementSpec(type: "c1m512", location: place, image: Engine.image),
      PlacementSpec(type: "c9000-m512", location: place, image: Engine.image),
      PlacementSpec(type: "c1-m512", location: "\(place)-2", image: Engine.image),
      PlacementSpec(type: "c1-m512", location: place, image: "slipway-test"),
      PlacementSpec(type: "c1-m512", location: place, image: "Slipway-Test:1"),
    ]
  }

  deinit {
    let gate = gate
    Task.detached { await gate.close() }
  }

  var nowMs: Int64 { Int64(Date().timeIntervalSince1970 * 1_000) + ahead }

  // MARK: Requests

  func perform(_ request: CloudRequest) -> CloudOutcome {
    let asked = HTTPRequest(
      method: request.method.rawValue, path: request.path, query: request.query,
      headers: [HTTPField("host", "docker")] + request.headers.map { HTTPField($0.name.lowercased(), $0.value) },
      body: request.body)
    guard let answer = Self.waited({ [client] in try? await client.send(asked, timeout: .seconds(60)) }) else {
      return .sentNoAnswer(reason: "the connection was closed")
    }
    let wait = answer.header("retry-after").flatMap { Int64($0) } ?? 0
    return .answered(
      CloudResponse(
        status: answer.status, headers: answer.headers.map { CloudRequest.Header($0.name, $0.value) },
        body: answer.body, retryAfterMs: wait * 1_000))
  }

  /// Runs what waits, and waits for it on this thread.
  private static func waited<Value: Sendable>(_ body: @escaping @Sendable () async -> Value?) -> Value? {
    let result = Result<Value>()
    let ended = DispatchSemaphore(value: 0)
    Task.detached {
      let value = await body()
      result.value.withLock { $0 = value }
      ended.signal()
    }
    ended.wait()
    return result.value.withLock { $0 }
  }

  /// What one task leaves for another.
  private final class Result<Value: Sendable>: Sendable {
    let value = Mutex<Value?>(nil)
  }

  private static func json(_ answer: HTTPResponse?) throws -> Any {
    guard let answer, (200..<300).contains(answer.status) else {
      throw MatrixError("the engine answered \(String(decoding: answer?.body ?? [], as: UTF8.self))")
    }
    return answer.body.isEmpty ? [:] : try JSONSerialization.jsonObject(with: Data(answer.body))
  }

  /// Asks the engine itself, past the gate.
  @discardableResult
  private func ask(_ method: String, _ path: String, query: String = "", _ body: [String: Any]? = nil) throws -> Any {
    var request = HTTPRequest(method: method, path: path, query: query, headers: [HTTPField("host", "docker")])
    if let body {
      request.headers.append(HTTPField("content-type", "application/json"))
      request.body = Array(try JSONSerialization.data(withJSONObject: body))
    }
    let asked = request
    return try Self.json(Self.waited { [direct] in try? await direct.send(asked, timeout: .seconds(60)) })
  }

  // MARK: What stands

  var standing: Set<String> {
    var found: Set<String> = []
    for label in ["slipway-installation=inst-\(run)", "\(Self.foreign)=\(run)"] {
      let filters = PercentEncoding.query(["all": "1", "filters": #"{"label":["\#(label)"]}"#])
      let list = (try? ask("GET", "/containers/json", query: filters)) as? [[String: Any]] ?? []
      found.formUnion(list.compactMap { $0["Id"] as? String })
    }
    return found
  }

  func plantForeign(named name: String) throws -> String {
    let id = try make("\(name)-\(run)", ["\(Self.foreign)": "\(run)"])
    try ask("POST", "/containers/\(id)/start")
    return id
  }

  /// Made and not started, as a copy of a container's labels by hand would be. Names are unique on an engine: a second
  /// container of a name has another.
  func plantTwin(of attempt: String, named name: String) throws -> String {
    let labels = ["slipway": "1", "slipway-attempt": attempt, "slipway-installation": account.installationId]
    do { return try make(name, labels) } catch { return try make("\(name)-twin", labels) }
  }

  private func make(_ name: String, _ labels: [String: String]) throws -> String {
    let made = try ask(
      "POST", "/containers/create", query: PercentEncoding.query(["name": name]),
      ["Image": Engine.image, "Entrypoint": ["/bin/sleep"], "Cmd": ["infinity"], "Labels": labels])
    guard let id = (made as? [String: Any])?["Id"] as? String else { throw MatrixError("nothing was planted") }
    return id
  }

  func vanish(_ id: String) throws { try ask("DELETE", "/containers/\(id)", query: "force=1&v=1") }

  // MARK: Misfortunes

  func pass(ms: Int64) {
    ahead += max(1, ms)
    guard let until = closedUntil, nowMs >= until else { return }
    closedUntil = nil
    gate.lift()
  }

  func befall(_ misfortune: Misfortune) throws {
    let create = "/containers/create"
    switch misfortune {
    case .createAnswerLost: gate.meet(.dropAnswer, "POST", create)
    case .createAnswered503: gate.meet(.error(503, "the engine is shutting down", carriedOut: true), "POST", create)
    case .createAnswerCut: gate.meet(.cutAnswer, "POST", create)
    case .soldOut:
      let words = "mkdir /var/lib/docker/overlay2/0f1e-init: no space left on device"
      gate.meet(.error(500, words, carriedOut: false), "POST", create)
    case .rateLimited(let seconds):
      closedUntil = nowMs + seconds * 1_000
      gate.meet(.error(429, "too many requests", carriedOut: false), lasting: true)
    case .garbage: gate.meet(.page, "GET")
    case .deletedBetweenPages, .hidden: throw MatrixError("an engine cannot do this: \(misfortune)")
    }
  }

  func use(_ credential: TestCredential) throws {
    if credential != .good { throw MatrixError("an engine takes no credential") }
  }
}
