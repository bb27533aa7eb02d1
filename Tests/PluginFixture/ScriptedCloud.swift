import Foundation
package import PluginKit

/// A cloud that answers as a test writes it down, and remembers what it was asked.
package final class ScriptedCloud: CallServices {
  /// Answers a request; nil is a 404.
  package typealias Script = (CloudRequest) -> CloudOutcome?

  /// Every request, in order.
  package private(set) var requests: [CloudRequest] = []
  private let script: Script
  /// Milliseconds since 1970; stands still.
  package let nowMs: Int64
  /// Bytes of one piece of a streamed body: few, so that lines and characters are cut anywhere.
  package var pieceSize = 5
  /// Streamed bytes after which the connection breaks; nil: never.
  package var cutAfter: Int?
  /// What the plugin told a person and the log, in order.
  package private(set) var told: [String] = []

  /// Makes a cloud that answers by a script.
  package init(nowMs: Int64 = 1_780_000_000_000, _ script: @escaping Script) {
    self.nowMs = nowMs
    self.script = script
  }

  /// Answers by "METHOD path", each from the list of its answers; the last one is repeated.
  package convenience init(_ answers: [String: [CloudOutcome]]) {
    var left = answers
    self.init { request in
      let line = "\(request.method.rawValue) \(request.path)"
      guard let first = left[line]?.first else { return nil }
      if (left[line]?.count ?? 0) > 1 { left[line]?.removeFirst() }
      return first
    }
  }

  /// A call over this cloud.
  package var call: Call { Call(self) }

  /// Requests as "METHOD path?query".
  package var lines: [String] {
    requests.map { "\($0.method.rawValue) \($0.path)" + ($0.query.isEmpty ? "" : "?\($0.query)") }
  }

  /// Notes and answers a request.
  package func perform(_ request: CloudRequest) -> CloudOutcome {
    requests.append(request)
    return script(request) ?? .json(404, "{}")
  }

  /// Answers a request whose body is wanted in pieces.
  package func perform(_ request: CloudRequest, receive: ([UInt8]) -> StreamFlow) -> CloudOutcome {
    let outcome = perform(request)
    guard case .answered(var response) = outcome, response.succeeded else { return outcome }
    var rest = response.body.prefix(cutAfter ?? response.body.count)
    while !rest.isEmpty {
      let piece = rest.prefix(pieceSize)
      rest = rest.dropFirst(pieceSize)
      if receive(Array(piece)) == .stop { return .sentNoAnswer(reason: "the receiver stopped it") }
    }
    if cutAfter != nil { return .sentNoAnswer(reason: "the connection broke") }
    response.body = []
    return .answered(response)
  }

  /// Notes a line of the log.
  package func log(_ level: Call.Level, _ message: String, _ fields: [String: String]) {
    told.append("\(level): \(message)")
  }

  /// Notes progress.
  package func progress(_ permille: Int, _ message: String) { told.append("\(permille) \(message)") }

  /// Body of the n-th request, as JSON.
  package func body(_ index: Int) -> [String: Any] {
    (try? JSONSerialization.jsonObject(with: Data(requests[index].body))) as? [String: Any] ?? [:]
  }
}

extension CloudOutcome {
  /// An answer with a body.
  package static func json(_ status: Int, _ text: String, headers: [String: String] = [:]) -> CloudOutcome {
    .answered(
      CloudResponse(
        status: status, headers: headers.map { CloudRequest.Header($0.key, $0.value) }, body: Array(text.utf8)))
  }
}

/// Runs a verb that must fail.
package func failure<Reply>(_ body: () throws(CloudFailure) -> Reply) -> CloudFailure? {
  do {
    _ = try body()
    return nil
  } catch {
    return error
  }
}

extension CloudRequest {
  /// Whether the query lets this value pass: it does not filter by that name, or by exactly this.
  package func matches(_ name: String, _ value: String) -> Bool {
    let items = query.split(separator: "&").filter { $0.hasPrefix("\(name)=") }
    return items.isEmpty || items.contains { $0 == "\(name)=\(value)" }
  }
}
