package import Control
import Glibc
import HTTP
package import System

/// Speaks to the daemon on its control socket; one connection a request, nothing repeated.
package struct ControlClient: Sendable {
  private let client: HTTPClient
  private let path: String

  /// Makes a client; nothing is connected yet.
  package init(socket path: String, on reactor: Reactor) {
    self.path = path
    client = HTTPClient(.unix(path: path), on: reactor)
  }

  /// An answer with its view and its bytes as they came.
  package struct Answer<View: Sendable>: Sendable {
    /// The decoded body.
    package var view: View
    /// The body.
    package var bytes: [UInt8]
  }

  /// Asks for a view.
  package func get<View: Decodable & Sendable>(_ target: String, as type: View.Type = View.self)
    async throws(CommandFailure) -> Answer<View>
  {
    try await exchange("GET", target, as: type)
  }

  /// Sends a request and decodes the answer. `timeout` bounds the whole exchange.
  package func exchange<View: Decodable & Sendable>(
    _ method: String, _ target: String, body: [UInt8] = [], headers: [(String, String)] = [],
    timeout: Duration = .seconds(30), as type: View.Type = View.self
  ) async throws(CommandFailure) -> Answer<View> {
    let bytes = try await send(method, target, body: body, headers: headers, timeout: timeout)
    do {
      return Answer(view: try ControlCoding.decode(type, from: bytes), bytes: bytes)
    } catch {
      throw unreadable()
    }
  }

  /// Sends a request whose answer holds nothing.
  package func send(
    _ method: String, _ target: String, body: [UInt8] = [], headers: [(String, String)] = [],
    timeout: Duration = .seconds(30)
  ) async throws(CommandFailure) -> [UInt8] {
    let response: HTTPResponse
    do throws(HTTPClientError) {
      response = try await client.send(request(method, target, body, headers), timeout: timeout)
    } catch { throw failure(error, changes: method != "GET") }
    guard (200..<300).contains(response.status) else { throw refusal(response.status, response.body) }
    return response.body
  }

  /// Follows a resource's events after `since`.
  package func events(
    of id: String, since: UInt64, staying: Bool = false
  ) async throws(CommandFailure) -> Stream<ResourceEvent> {
    try await stream("/v1/resources/\(id)/events?since=\(since)\(staying ? "&stay=true" : "")")
  }

  /// Opens an answer that comes line by line; nil from its `next` is the end.
  package func stream<View: Decodable & Sendable>(
    _ target: String, of type: View.Type = View.self
  ) async throws(CommandFailure) -> Stream<View> {
    let answer: HTTPAnswer
    do throws(HTTPClientError) {
      answer = try await client.open(request("GET", target, [], []))
      guard answer.head.status == 200 else {
        var body: [UInt8] = []
        while body.count < 1 << 20, let part = try await answer.nextPart() { body += part }
        throw HTTPClientError.broken(client.endpoint, String(decoding: body, as: UTF8.self))
      }
    } catch {
      if case .broken(_, let body) = error, let envelope = envelope(Array(body.utf8)) { throw CommandFailure(envelope) }
      throw failure(error, changes: false)
    }
    return Stream(answer, self)
  }

  /// Views that come one by one, read by one task.
  package struct Stream<View: Decodable & Sendable>: Sendable {
    private let answer: HTTPAnswer
    private let client: ControlClient

    init(_ answer: HTTPAnswer, _ client: ControlClient) {
      self.answer = answer
      self.client = client
    }

    /// The next view with its line, or nil at the end of the stream.
    package func next() async throws(CommandFailure) -> Answer<View>? {
      do throws(HTTPClientError) {
        guard let line = try await answer.nextLine() else { return nil }
        let bytes = Array(line.utf8)
        guard let view = try? ControlCoding.decode(View.self, from: bytes) else {
          throw .broken(client.client.endpoint, "a line of the stream")
        }
        return Answer(view: view, bytes: bytes)
      } catch { throw client.failure(error, changes: false) }
    }
  }

  private func request(_ method: String, _ target: String, _ body: [UInt8], _ headers: [(String, String)])
    -> HTTPRequest
  {
    let parts = target.split(separator: "?", maxSplits: 1)
    var fields = [HTTPField("host", "slipway"), HTTPField("accept", "application/json")]
    if !body.isEmpty { fields.append(HTTPField("content-type", "application/json")) }
    fields += headers.map { HTTPField($0.0, $0.1) }
    return HTTPRequest(
      method: method, path: String(parts.first ?? "/"), query: parts.count > 1 ? String(parts[1]) : "",
      headers: fields, body: body)
  }

  private func envelope(_ body: [UInt8]) -> ControlFailure? {
    try? ControlCoding.decode(ErrorEnvelope.self, from: body).error
  }

  private func refusal(_ status: Int, _ body: [UInt8]) -> CommandFailure {
    if let failure = envelope(body) { return CommandFailure(failure) }
    return CommandFailure(ControlFailure(.internal, "the daemon answered with status \(status) and no reason"))
  }

  private func unreadable() -> CommandFailure {
    CommandFailure(
      ControlFailure(
        .internal, "the answer on \(path) cannot be read", expected: "an answer of the control API",
        found: "something else", remedy: "check that this slipway and the daemon are of the same version"))
  }

  private func failure(_ error: HTTPClientError, changes: Bool) -> CommandFailure {
    switch error {
    case .unreachable(_, let error) where error.code == EACCES || error.code == EPERM:
      return CommandFailure(
        ControlFailure(
          .notPermitted, "this user may not open the control socket \(path)", expected: "root or the daemon's user",
          remedy: "run the command as root or as the user that runs slipway serve"))
    case .unreachable(_, let error):
      return CommandFailure(
        ControlFailure(
          .notServing, "no daemon answers on \(path): \(error.text)",
          remedy: "start it with `slipway serve`, or name its socket with --socket or SLIPWAY_SOCKET"),
        exit: .noDaemon)
    case .timedOut, .broken, .cancelled:
      let code: ControlCode = changes ? .unknownOutcome : .unavailable
      return CommandFailure(
        ControlFailure(
          code, Plain.text(error.description),
          remedy: changes ? "the daemon may have acted; look before you repeat it" : "try again"))
    }
  }
}
