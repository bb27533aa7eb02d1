import EngineFixture
import Foundation
import HTTP
import Synchronization
import System

/// The cloud of the example of docs/plugin-abi.md, on a port of its own: machines are up at once.
final class PebbleCloud: Sendable {
  struct Machine: Sendable {
    var id: String
    var name: String
    var attempt: String

    var json: String {
      let number = id.dropFirst(2)
      return #"{"id":"\#(id)","name":"\#(name)","attempt":"\#(attempt)","state":"up","ip":"192.0.2.\#(number)"}"#
    }
  }

  private struct State {
    var machines: [Machine] = []
    var made = 0
    var requests: [HTTPRequest] = []
    var bells: [AsyncStream<Void>.Continuation] = []
    var others: [AsyncStream<Void>.Continuation] = []
  }

  private let state = Mutex(State())
  private let server = Mutex<HTTPServer?>(nil)

  init() throws {
    guard let address = SocketAddress("127.0.0.1", port: 0) else { throw ScratchError("127.0.0.1 is no address") }
    let made = try HTTPServer(.tcp(address), on: Child.reactor) { [weak self] request, _ in
      .whole(self?.answer(request) ?? HTTPResponse(status: 503))
    }
    server.withLock { $0 = made }
  }

  var url: String { "http://\(server.withLock { $0?.endpoint } ?? .unix(path: ""))" }

  /// Machines ever made, and those that stand.
  var bill: (made: Int, open: [Machine]) { state.withLock { ($0.made, $0.machines) } }

  /// Requests of that method below a path, but for the bystander's.
  func seen(_ method: String, _ path: String) -> Int {
    state.withLock { state in
      state.requests.count { $0.method == method && $0.path.hasPrefix(path) && !Self.isBystander($0) }
    }
  }

  private static func isBystander(_ request: HTTPRequest) -> Bool {
    request.headers.contains { $0.name == "authorization" && $0.value == "Bearer bystander" }
  }

  /// Beats now, with every request but the bystander's, and when it is rung.
  func others() -> AsyncStream<Void> {
    let (rung, bell) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    state.withLock { $0.others.append(bell) }
    bell.yield()
    return rung
  }

  /// Says that the plugin is about to be asked something.
  func ring() { for bell in state.withLock({ $0.others }) { bell.yield() } }

  /// Waits until that many were seen.
  func waits(until count: Int, _ method: String, _ path: String) async {
    let (rung, bell) = AsyncStream<Void>.makeStream()
    state.withLock { $0.bells.append(bell) }
    bell.yield()
    for await _ in rung where seen(method, path) >= count { return }
  }

  func stop() async { await server.withLock { $0 }?.stop() }

  private func answer(_ request: HTTPRequest) -> HTTPResponse {
    defer { for bell in state.withLock({ $0.bells }) { bell.yield() } }
    if !Self.isBystander(request) { ring() }
    return state.withLock { state in
      state.requests.append(request)
      let id = request.path.hasPrefix("/machines/") ? String(request.path.dropFirst(10)) : nil
      let index = state.machines.firstIndex { $0.id == id }
      switch (request.method, request.path, index) {
      case ("GET", "/account", _): return Self.json(200, #"{"account":"acc-1"}"#)
      case ("POST", "/machines", _):
        guard
          let body = try? JSONSerialization.jsonObject(with: Data(request.body)) as? [String: String],
          let name = body["name"], let attempt = body["attempt"]
        else { return Self.json(400, "{}") }
        if state.machines.contains(where: { $0.name == name }) { return Self.json(409, "{}") }
        state.made += 1
        state.machines.append(Machine(id: "m-\(state.made)", name: name, attempt: attempt))
        return Self.json(201, state.machines.last?.json ?? "")
      case ("GET", "/machines", _):
        let name = request.query.split(separator: "=").last.map(String.init)
        let found = state.machines.filter { $0.name == name }
        return Self.json(200, "[\(found.map(\.json).joined(separator: ","))]")
      case ("GET", _, let index?): return Self.json(200, state.machines[index].json)
      case ("DELETE", _, let index?):
        state.machines.remove(at: index)
        return Self.json(200, "{}")
      default: return Self.json(404, "{}")
      }
    }
  }

  private static func json(_ status: Int, _ text: String) -> HTTPResponse {
    HTTPResponse(status: status, headers: [HTTPField("content-type", "application/json")], body: Array(text.utf8))
  }
}
