import Foundation
import PluginABI
import Synchronization

/// A host table whose functions are real C functions, as a worker's are, and what arrived through them.
final class FakeHost: Sendable {
  struct Answer: Sendable {
    var code: Int32?
    var json: String
    var object: [String: Any] {
      (try? JSONSerialization.jsonObject(with: Data(json.utf8))) as? [String: Any] ?? [:]
    }
  }

  struct State: Sendable {
    var answers: [Answer] = []
    var requests: [String] = []
    var lines: [String] = []
    var refusal: String?
    var response: (outcome: Int32, status: Int32, headers: String, body: String, error: String, wait: UInt32) =
      (2, 200, "", "{}", "", 0)
    var httpStatus: Int32 = 0
    /// Pieces in which a streamed body arrives.
    var pieces: [String] = []
    var chunkAnswers: [Int32] = []
    var takes = 4 << 20
    var released = 0
  }

  let state = Mutex(State())
  /// The table handed to a plugin; lives as long as the process, as a host's does.
  nonisolated(unsafe) let table: UnsafeMutablePointer<slipway_host>

  init(abiMin: UInt32 = 0x1_0000, abiMax: UInt32 = 0x1_0000) {
    table = .allocate(capacity: 1)
    table.initialize(to: slipway_host())
    table.pointee.struct_size = UInt32(MemoryLayout<slipway_host>.size)
    table.pointee.abi_min = abiMin
    table.pointee.abi_max = abiMax
    let address = UInt(bitPattern: table)
    Self.byTable.withLock { $0[address] = self }
    table.pointee.refuse = { host, reason in
      FakeHost.of(host)?.state.withLock { $0.refusal = text(reason) }
    }
    table.pointee.reply = { call, json in
      FakeHost.of(call)?.state.withLock { state in
        if json.length > UInt64(state.takes) { return -3 }
        state.answers.append(Answer(code: nil, json: text(json)))
        return 0
      } ?? -1
    }
    table.pointee.fail = { call, code, json in
      FakeHost.of(call)?.state.withLock { $0.answers.append(Answer(code: code, json: text(json))) }
      return 0
    }
    table.pointee.http = { call, request, response in FakeHost.of(call)?.serve(request, response) ?? -1 }
    table.pointee.http_release = { call, response in
      FakeHost.of(call)?.state.withLock { $0.released += response == nil ? 0 : 1 }
    }
    table.pointee.log = { call, level, message, fields in
      FakeHost.of(call)?.state.withLock { $0.lines.append("\(level) \(text(message)) \(text(fields))") }
      return 0
    }
    table.pointee.progress = { call, permille, message in
      FakeHost.of(call)?.state.withLock { $0.lines.append("progress \(permille) \(text(message))") }
      return 0
    }
    table.pointee.remaining_ms = { _ in 1_234 }
    table.pointee.cancelled = { _ in 0 }
    table.pointee.get_extension = { _, _ in nil }
  }

  /// Runs one verb and returns its only answer.
  func run(_ verb: slipway_verb?, _ request: String) -> Answer? {
    state.withLock { $0.answers = [] }
    let call = OpaquePointer(table)
    let bytes = Array(request.utf8)
    bytes.withUnsafeBufferPointer {
      verb?(call, slipway_span(bytes: $0.baseAddress, length: UInt64($0.count)))
    }
    return state.withLock { $0.answers.count == 1 ? $0.answers[0] : nil }
  }

  private func serve(
    _ request: UnsafePointer<slipway_http_request>?,
    _ response: UnsafeMutablePointer<UnsafePointer<slipway_http_response>?>?
  ) -> Int32 {
    guard let raw = request?.pointee else { return -4 }
    if let onChunk = raw.on_chunk {
      let answers = state.withLock(\.pieces).map { onChunk(raw.context, span($0)) }
      state.withLock { $0.chunkAnswers = answers }
    }
    return state.withLock { state in
      state.requests.append(
        "\(text(raw.endpoint)) \(text(raw.method)) \(text(raw.path))?\(text(raw.query)) \(text(raw.headers))"
          + "\(text(raw.body)) ttl=\(raw.cache_ttl_s)")
      if state.httpStatus < 0 { return state.httpStatus }
      let answer = UnsafeMutablePointer<slipway_http_response>.allocate(capacity: 1)
      answer.initialize(to: slipway_http_response())
      answer.pointee.struct_size = UInt32(MemoryLayout<slipway_http_response>.size)
      answer.pointee.outcome = state.response.outcome
      answer.pointee.status = state.response.status
      answer.pointee.retry_after_ms = state.response.wait
      answer.pointee.headers = span(state.response.headers)
      answer.pointee.body = span(state.response.body)
      answer.pointee.error = span(state.response.error)
      response?.pointee = UnsafePointer(answer)
      return 0
    }
  }

  /// Calls are the table's own address: that is enough to find the host again.
  private static let byTable = Mutex<[UInt: FakeHost]>([:])
  private static func of(_ call: OpaquePointer?) -> FakeHost? {
    byTable.withLock { $0[UInt(bitPattern: call)] }
  }
  private static func of(_ host: UnsafePointer<slipway_host>?) -> FakeHost? { of(host.map { OpaquePointer($0) }) }
}

func text(_ span: slipway_span) -> String {
  String(decoding: UnsafeBufferPointer(start: span.bytes, count: Int(span.length)), as: UTF8.self)
}

/// A span that lives as long as the process: a test's responses are few and small.
private func span(_ text: String) -> slipway_span {
  let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, text.utf8.count))
  _ = bytes.initialize(from: text.utf8)
  return slipway_span(bytes: bytes.baseAddress, length: UInt64(text.utf8.count))
}
