import System

/// One request and its answer on a connection of its own; reads only when somebody asks for more.
///
/// `@unchecked Sendable`: everything but `init` runs on the reactor's thread.
final class ClientExchange: @unchecked Sendable {
  typealias Waiting = CheckedContinuation<Result<HTTPResponseParser.Event?, HTTPClientError>, Never>

  private let endpoint: HTTPEndpoint
  private let socket: Descriptor
  private let reactor: Reactor
  private var parser: HTTPResponseParser
  private var output = SendQueue()
  private var watch: Watch?
  private var timer: ReactorTimer?
  private var waiting: Waiting?
  private var inputEnded = false
  private var failure: HTTPClientError?

  init(
    _ request: HTTPRequest, over socket: Descriptor, to endpoint: HTTPEndpoint, on reactor: Reactor, limits: HTTPLimits
  ) {
    self.endpoint = endpoint
    self.socket = socket
    self.reactor = reactor
    parser = HTTPResponseParser(method: request.method, limits: limits)
    output.append(Serializer.request(request, keepAlive: false))
  }

  /// Sends the request; without an answer to a `pull` by the deadline, the exchange fails.
  func begin(deadline: UInt64) {
    guard failure == nil else { return }
    do throws(SystemError) {
      watch = try reactor.watch(socket, []) { [self] in ready($0) }
      timer = reactor.schedule(at: deadline) { [self] in fail(.timedOut(endpoint)) }
      flush()
    } catch { fail(.broken(endpoint, error.description)) }
  }

  /// Lifts the deadline: a stream may be silent for as long as it likes.
  func lift() {
    timer?.cancel()
    timer = nil
  }

  /// Asks for the next event; nil after the end.
  func pull(_ continuation: Waiting) {
    guard waiting == nil else {
      return continuation.resume(returning: .failure(.broken(endpoint, "two readers of one answer")))
    }
    waiting = continuation
    answer()
    rewatch()
  }

  func fail(_ error: HTTPClientError) {
    if failure == nil { failure = error }
    watch?.cancel()
    watch = nil
    lift()
    socket.close()
    answer()
  }

  private func ready(_ readiness: Readiness) {
    if readiness.contains(.write) { flush() }
    let gone = !readiness.isDisjoint(with: [.hangUp, .error])
    if waiting != nil || gone, watch != nil, !readiness.isDisjoint(with: [.read, .hangUp, .error]) { receive() }
    answer()
    rewatch()
  }

  private func flush() {
    do throws(SystemError) {
      while output.count > 0 {
        switch try socket.send(output.front) {
        case .count(let count): output.removeFirst(count)
        case .wouldBlock: return
        // The server may have answered before it read everything: read on.
        case .closed: output.removeAll()
        }
      }
    } catch { fail(.broken(endpoint, error.description)) }
  }

  private func receive() {
    do throws(SystemError) {
      switch try socket.receive(atMost: 1 << 16) {
      case .bytes(let bytes): parser.feed(bytes)
      case .end:
        inputEnded = true
        watch?.cancel()
        watch = nil
      case .wouldBlock: break
      }
    } catch { fail(.broken(endpoint, error.description)) }
  }

  /// Gives the one who waits what there is.
  private func answer() {
    guard let continuation = waiting else { return }
    do throws(HTTPParseError) {
      if let event = try failure == nil ? parser.next() : nil {
        waiting = nil
        return continuation.resume(returning: .success(event))
      }
      if let failure {
        waiting = nil
        return continuation.resume(returning: .failure(failure))
      }
      guard inputEnded else { return }
      waiting = nil
      continuation.resume(returning: .success(try parser.close()))
    } catch {
      failure = .broken(endpoint, error.reason)
      waiting = nil
      continuation.resume(returning: .failure(.broken(endpoint, error.reason)))
    }
  }

  private func rewatch() {
    var wanted: Interest = []
    if waiting != nil { wanted.insert(.read) }
    if output.count > 0 { wanted.insert(.write) }
    do throws(SystemError) { try watch?.update(wanted) } catch { fail(.broken(endpoint, error.description)) }
  }
}
