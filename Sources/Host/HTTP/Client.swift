package import System

/// A small HTTP/1.1 client for the command line: one connection for each request, never a repetition.
package struct HTTPClient: Sendable {
  /// The server.
  package let endpoint: HTTPEndpoint
  private let reactor: Reactor

  /// Makes a client; nothing is connected yet.
  package init(_ endpoint: HTTPEndpoint, on reactor: Reactor) {
    self.endpoint = endpoint
    self.reactor = reactor
  }

  /// Sends a request and waits for the whole answer, whatever its status.
  ///
  /// `limits.body` bounds the answer; `timeout` counts from now to its last byte.
  package func send(
    _ request: HTTPRequest, timeout: Duration = .seconds(30), limits: HTTPLimits = HTTPLimits(body: 64 << 20)
  ) async throws(HTTPClientError) -> HTTPResponse {
    let answer = try await begin(request, timeout, limits)
    var response = answer.head
    while let part = try await answer.nextPart() { response.body += part }
    return response
  }

  /// Sends a request and returns when the head of the answer is there; the body is read line by line after that.
  ///
  /// `timeout` bounds the wait for the head only. Dropping the answer closes the connection.
  package func open(_ request: HTTPRequest, timeout: Duration = .seconds(30)) async throws(HTTPClientError)
    -> HTTPAnswer
  {
    let answer = try await begin(request, timeout, HTTPLimits(body: .max))
    answer.lift()
    return answer
  }

  private func begin(_ request: HTTPRequest, _ timeout: Duration, _ limits: HTTPLimits) async throws(HTTPClientError)
    -> HTTPAnswer
  {
    let deadline = Self.deadline(timeout)
    let socket: Descriptor
    do throws(SystemError) {
      switch endpoint {
      case .unix(let path): socket = try UnixSocket.connect(path: path)
      case .tcp(let address): socket = try await TCPSocket.connect(address, on: reactor, deadline: deadline)
      }
    } catch { throw .unreachable(endpoint, error) }
    let exchange = ClientExchange(request, over: socket, to: endpoint, on: reactor, limits: limits)
    reactor.submit { exchange.begin(deadline: deadline) }
    let reader = HTTPAnswer.Reader(exchange, on: reactor)
    guard case .head(let head) = try await reader.next() else {
      throw .broken(endpoint, "the connection was closed before an answer came")
    }
    return HTTPAnswer(head: head, reader)
  }

  private static func deadline(_ timeout: Duration) -> UInt64 {
    let (deadline, overflow) = Clock.monotonic().addingReportingOverflow(timeout.nanoseconds)
    return overflow ? .max : deadline
  }
}
