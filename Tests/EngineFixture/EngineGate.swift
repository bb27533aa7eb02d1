import Foundation
import HTTP
import Synchronization
import System

/// A socket in front of an engine's, where a test stops requests on their way, or spoils what is answered.
///
/// Everything else passes as it is. What the gate answers in the engine's place has the form of the engine's own errors.
package final class EngineGate: Sendable {
  /// Where a request stands while it is held.
  package enum Side: String, Sendable, CaseIterable {
    /// The engine has not seen it.
    case before
    /// The engine has done it; its answer is not out.
    case after
  }

  /// What befalls a request.
  package enum Fault: Sendable {
    /// It stands until the test decides.
    case hold(Hold)
    /// It reaches the engine that much later.
    case delay(Duration)
    /// The engine carries it out; the connection ends without an answer.
    case dropAnswer
    /// The engine carries it out; its answer breaks off in the middle of the body.
    case cutAnswer
    /// It reaches the engine twice; the second answer is given.
    case twice
    /// Answered with this error, 400 to 599, `{"message"}`; the engine sees it, or not.
    case error(Int, String, carriedOut: Bool)
    /// Answered with a page of HTML, as something else on that socket might; the engine does not see it.
    case page
  }

  /// The gate's own socket.
  package let socket: String
  private let server: HTTPServer
  private let rules: Rules

  /// Opens a gate with a socket of its own in a folder.
  package init(_ engine: Engine, in folder: String) throws {
    socket = "\(folder)/gate-\(UUID().uuidString.prefix(8).lowercased()).sock"
    let client = HTTPClient(.unix(path: engine.socket), on: Child.reactor)
    let rules = Rules()
    self.rules = rules
    let options = HTTPServerOptions(limits: HTTPLimits(body: 16 << 20))
    server = try HTTPServer(.unix(path: socket), on: Child.reactor, options: options) { request, _ in
      await Self.answer(request, rules.take(request), client, rules)
    }
  }

  private static func answer(
    _ request: HTTPRequest, _ fault: Fault?, _ client: HTTPClient, _ rules: Rules
  ) async -> HTTPReply {
    func ask() async -> HTTPResponse? {
      guard let answer = try? await client.send(request, timeout: .seconds(60)) else { return nil }
      rules.saw(request, answer)
      return answer
    }
    switch fault {
    case .hold(let hold) where hold.side == .before: guard await hold.pass() else { return .abort() }
    case .delay(let span): try? await Child.reactor.sleep(for: span)
    case .twice: _ = await ask()
    case .page:
      let page = Array("<html><body>It works!</body></html>".utf8)
      return .whole(HTTPResponse(status: 200, headers: [HTTPField("content-type", "text/html")], body: page))
    case .error(let status, let message, let carriedOut):
      if carriedOut { _ = await ask() }
      let body = (try? JSONSerialization.data(withJSONObject: ["message": message])).map(Array.init) ?? []
      return .whole(.json(body, status: status))
    default: break
    }
    guard let answer = await ask() else { return .abort() }
    switch fault {
    case .hold(let hold) where hold.side == .after: return await hold.pass() ? .whole(answer) : .abort()
    case .dropAnswer: return .abort()
    case .cutAnswer: return .abort(afterBody: answer.body.count / 2, of: answer)
    default: return .whole(answer)
    }
  }

  /// The next request of that method (nil: any) whose path ends so meets the fault; with `lasting` all of them do, until
  /// `lift`.
  package func meet(_ fault: Fault, _ method: String? = nil, _ suffix: String = "", lasting: Bool = false) {
    rules.set { $0.append(Rules.Rule(fault: fault, method: method, suffix: suffix, lasting: lasting)) }
  }

  /// Takes back every fault that no request has met, and those that last.
  package func lift() { rules.set { $0 = [] } }

  /// Stops the next request of that method whose path ends so.
  package func hold(_ method: String, _ suffix: String, _ side: Side) -> Hold {
    let hold = Hold(side)
    meet(.hold(hold), method, suffix)
    return hold
  }

  /// Ids of the containers that were made through the gate, in order, whoever learned of it.
  package var made: [String] { rules.made }

  /// Beats now and after every request that the engine has answered.
  package func heard() -> AsyncStream<Void> { rules.heard() }

  /// Ends the gate.
  package func close() async { await server.stop(grace: .zero) }

  private final class Rules: Sendable {
    struct Rule: Sendable {
      var fault: Fault
      var method: String?
      var suffix: String
      var lasting: Bool
    }

    private let rules = Mutex<[Rule]>([])
    private let ids = Mutex<[String]>([])
    private let bells = Mutex<[AsyncStream<Void>.Continuation]>([])

    var made: [String] { ids.withLock { $0 } }

    func set(_ change: (inout [Rule]) -> Void) { rules.withLock { change(&$0) } }

    func take(_ request: HTTPRequest) -> Fault? {
      rules.withLock { rules in
        let found = rules.firstIndex { rule in
          rule.method.map { $0 == request.method } ?? true && request.path.hasSuffix(rule.suffix)
        }
        guard let found else { return nil }
        return rules[found].lasting ? rules[found].fault : rules.remove(at: found).fault
      }
    }

    func heard() -> AsyncStream<Void> {
      let (beats, bell) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
      bells.withLock { $0.append(bell) }
      bell.yield()
      return beats
    }

    func saw(_ request: HTTPRequest, _ answer: HTTPResponse) {
      defer { for bell in bells.withLock({ $0 }) { bell.yield() } }
      guard request.method == "POST", request.path.hasSuffix("/containers/create"), answer.status == 201,
        let members = try? JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any],
        let id = members["Id"] as? String
      else { return }
      ids.withLock { $0.append(id) }
    }
  }

  /// One request that is stopped, or will be.
  package final class Hold: Sendable {
    fileprivate let side: Side
    private let here = AsyncStream<Void>.makeStream()
    private let decision = AsyncStream<Bool>.makeStream()

    fileprivate init(_ side: Side) { self.side = side }

    /// The request's side: says that it is here, and waits.
    fileprivate func pass() async -> Bool {
      here.continuation.finish()
      for await goesOn in decision.stream { return goesOn }
      return false
    }

    /// Waits until the request is stopped here.
    package func arrived() async { for await _ in here.stream {} }

    /// Lets it go on, or drops its connection.
    package func decide(goesOn: Bool) {
      decision.continuation.yield(goesOn)
      decision.continuation.finish()
    }
  }
}
