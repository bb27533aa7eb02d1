import System

/// An answer whose body is read as it comes; one task reads it.
///
/// `@unchecked Sendable`: `text`, the only thing that changes, is used by the one task that reads, as the
/// contract says.
package final class HTTPAnswer: @unchecked Sendable {
  /// Status and header fields; its body is empty.
  package let head: HTTPResponse

  private let reader: Reader
  /// Start of a line whose end has not come.
  private var text: [UInt8] = []
  private var lines: ArraySlice<[UInt8]> = []
  private var ended = false

  init(head: HTTPResponse, _ reader: Reader) {
    self.head = head
    self.reader = reader
  }

  func lift() { reader.lift() }

  /// The next bytes of the body, at least one, or nil at its end.
  package func nextPart() async throws(HTTPClientError) -> [UInt8]? {
    guard !ended else { return nil }
    if case .body(let part) = try await reader.next() { return part }
    ended = true
    return nil
  }

  /// The next line without its line feed, or nil at the end; bytes that are not UTF-8 are replaced.
  ///
  /// Not to be mixed with `nextPart`.
  package func nextLine() async throws(HTTPClientError) -> String? {
    while lines.isEmpty {
      guard let part = try await nextPart() else {
        guard !text.isEmpty else { return nil }
        defer { text = [] }
        return String(decoding: text, as: UTF8.self)
      }
      var pieces = part.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
      let rest = pieces.popLast() ?? []
      guard let first = pieces.popFirst() else {
        text += rest
        continue
      }
      lines = [text + first] + pieces.map { Array($0) }
      text = Array(rest)
    }
    return lines.popFirst().map { String(decoding: $0, as: UTF8.self) }
  }

  /// Pulls events of an exchange from a task; closes the connection when it goes.
  final class Reader: Sendable {
    private let exchange: ClientExchange
    private let reactor: Reactor

    init(_ exchange: ClientExchange, on reactor: Reactor) {
      self.exchange = exchange
      self.reactor = reactor
    }

    deinit {
      let exchange = exchange
      reactor.submit { exchange.fail(.cancelled) }
    }

    func lift() { reactor.submit { [exchange] in exchange.lift() } }

    func next() async throws(HTTPClientError) -> HTTPResponseParser.Event? {
      let result = await withTaskCancellationHandler {
        await withCheckedContinuation { waiting in reactor.submit { [exchange] in exchange.pull(waiting) } }
      } onCancel: {
        reactor.submit { [exchange] in exchange.fail(.cancelled) }
      }
      return try result.get()
    }
  }
}
