// The only file of the kit that touches a raw pointer: the C boundary of slipway_plugin.h.

import FoundationEssentials
public import PluginABI
import PluginMessages

/// The plugin's side of the C boundary.
public enum Plugin {
  /// Version of the ABI that this kit speaks; SLIPWAY_ABI_VERSION of its header.
  public static let abiVersion: UInt32 = ABINumbers.version

  /// Serves a provisioner: the whole body of a plugin's `slipway_plugin_entry`.
  ///
  /// Called once, on the loading thread, before any verb. Returns the table, which lives as long as the
  /// process; with `abi_chosen` 0 after refusing the host; nil when there is no host to tell.
  public static func serve<P: Provisioner>(
    _ type: P.Type, to host: UnsafePointer<slipway_host>?
  ) -> UnsafePointer<slipway_plugin>? {
    guard let host, host.pointee.struct_size >= UInt32(MemoryLayout<slipway_host>.offset(of: \.reply) ?? 0) else {
      return nil
    }
    let manifest = P.manifest
    var table = slipway_plugin()
    table.struct_size = UInt32(MemoryLayout<slipway_plugin>.size)
    table.abi_min = abiVersion
    table.abi_max = abiVersion
    table.id = eternal(Array(manifest.id.utf8))
    table.version = eternal(Array(manifest.version.utf8))
    if let reason = refusal(of: host, manifest.id) {
      withSpans([Array(reason.utf8)]) { host.pointee.refuse?(host, $0[0]) }
    } else if let json = try? JSON.encode(manifest) {
      table.abi_chosen = abiVersion
      table.manifest = eternal(json)
      fill(&table, withPower: manifest.capabilities.contains("power"))
      served = Served(host: host, provisioner: P())
    } else {
      withSpans([Array("\(manifest.id): its manifest cannot be written as JSON".utf8)]) {
        host.pointee.refuse?(host, $0[0])
      }
    }
    let place = UnsafeMutablePointer<slipway_plugin>.allocate(capacity: 1)
    place.initialize(to: table)
    return UnsafePointer(place)
  }

  private static func refusal(of host: UnsafePointer<slipway_host>, _ id: String) -> String? {
    let ours = "\(abiVersion >> 16).\(abiVersion & 0xffff)"
    let (low, high) = (host.pointee.abi_min, host.pointee.abi_max)
    guard low <= abiVersion, abiVersion <= high else {
      return "\(id) speaks ABI \(ours), this host \(low >> 16).\(low & 0xffff) to \(high >> 16).\(high & 0xffff): "
        + (high < abiVersion ? "update the host" : "rebuild the plugin with the host's kit")
    }
    guard host.pointee.struct_size >= UInt32(MemoryLayout<slipway_host>.size) else {
      return "\(id) speaks ABI \(ours), whose host table has \(MemoryLayout<slipway_host>.size) bytes; "
        + "this host's has \(host.pointee.struct_size): update the host"
    }
    return nil
  }

  private static func fill(_ table: inout slipway_plugin, withPower: Bool) {
    table.validate = { call, request in answer(call, request) { p, r, c throws(CloudFailure) in try p.validate(r, c) } }
    table.prepare = { call, request in answer(call, request) { p, r, c throws(CloudFailure) in try p.prepare(r, c) } }
    table.provision = { call, request in
      answer(call, request) { p, r, c throws(CloudFailure) in try p.provision(r, c) }
    }
    table.poll = { call, request in answer(call, request) { p, r, c throws(CloudFailure) in try p.poll(r, c) } }
    table.terminate = { call, request in
      answer(call, request) { p, r, c throws(CloudFailure) in try p.terminate(r, c) }
    }
    table.list = { call, request in answer(call, request) { p, r, c throws(CloudFailure) in try p.list(r, c) } }
    table.catalog = { call, request in answer(call, request) { p, r, c throws(CloudFailure) in try p.catalog(r, c) } }
    table.self_test = { call, request in answer(call, request) { p, r, c throws(CloudFailure) in try p.selfTest(r, c) }
    }
    guard withPower else { return }
    table.power = { call, request in answer(call, request) { p, r, c throws(CloudFailure) in try p.power(r, c) } }
  }
}

/// What entry left for the verbs.
private struct Served {
  let host: UnsafePointer<slipway_host>
  let provisioner: any Provisioner
}

/// Unsafe, and safe all the same: written once by entry on the loading thread, before the host starts the
/// threads that call verbs; only read after that. The host table lives as long as the process.
nonisolated(unsafe) private var served: Served?

/// One verb: reads the request, runs the provisioner, answers exactly once.
private func answer<Request: Decodable, Reply: Encodable>(
  _ call: OpaquePointer?, _ request: slipway_span,
  _ verb: (any Provisioner, Request, Call) throws(CloudFailure) -> Reply
) {
  guard let call, let served else { return }
  do {
    let json = try reply(HostServices(call: call, host: served.host), request, served.provisioner, verb)
    let status = withSpans([json]) { served.host.pointee.reply(call, $0[0]) }
    guard status == ABINumbers.statusTooBig else { return }
    fail(
      CloudFailure(
        .internal, "the reply has \(json.count) bytes, more than the host takes",
        remedy: "report this to the plugin's author"), call, served.host)
  } catch {
    fail(error, call, served.host)
  }
}

private func reply<Request: Decodable, Reply: Encodable>(
  _ services: HostServices, _ request: slipway_span, _ provisioner: any Provisioner,
  _ verb: (any Provisioner, Request, Call) throws(CloudFailure) -> Reply
) throws(CloudFailure) -> [UInt8] {
  let message: Request
  do {
    message = try JSON.decode(Request.self, UnsafeBufferPointer(request))
  } catch {
    throw CloudFailure(
      .internal, "the host's \(Request.self) cannot be read: \(error.reason)",
      remedy: "check that host and plugin are of versions that fit", mayExist: false)
  }
  return try JSON.encode(try verb(provisioner, message, Call(services)))
}

private func fail(_ failure: CloudFailure, _ call: OpaquePointer, _ host: UnsafePointer<slipway_host>) {
  let json = (try? JSON.encode(failure.report)) ?? []
  _ = withSpans([json]) { host.pointee.fail(call, failure.code.rawValue, $0[0]) }
}

/// The host's services for one call. The pointers are valid until the verb returns, and a verb is
/// synchronous, so this value cannot outlive them unless a plugin leaks its `Call`, which its
/// documentation forbids.
private struct HostServices: CallServices {
  let call: OpaquePointer
  let host: UnsafePointer<slipway_host>

  func perform(_ request: CloudRequest) -> CloudOutcome { send(request) { _ in } }

  func perform(_ request: CloudRequest, receive: (_ piece: [UInt8]) -> StreamFlow) -> CloudOutcome {
    // The host calls `on_chunk` on this thread while http() runs, and never after: the receiver outlives every use.
    withoutActuallyEscaping(receive) { receive in
      let receiver = ChunkReceiver(receive)
      return withExtendedLifetime(receiver) {
        send(request) { raw in
          raw.context = Unmanaged.passUnretained(receiver).toOpaque()
          raw.on_chunk = { context, piece in
            guard let context else { return 1 }
            return Unmanaged<ChunkReceiver>.fromOpaque(context).takeUnretainedValue().take(piece)
          }
        }
      }
    }
  }

  private func send(_ request: CloudRequest, _ prepare: (inout slipway_http_request) -> Void) -> CloudOutcome {
    let headers = request.headers.map { "\($0.name): \($0.value)\n" }.joined()
    let parts = [
      Array(request.endpoint.utf8), Array(request.method.rawValue.utf8), Array(request.path.utf8),
      Array(request.query.utf8), Array(headers.utf8), request.body,
    ]
    return withSpans(parts) { spans in
      var raw = slipway_http_request()
      raw.struct_size = UInt32(MemoryLayout<slipway_http_request>.size)
      raw.timeout_ms = request.timeoutMs
      (raw.endpoint, raw.method, raw.path) = (spans[0], spans[1], spans[2])
      (raw.query, raw.headers, raw.body) = (spans[3], spans[4], spans[5])
      raw.max_response = request.maxResponse
      raw.cache_ttl_s = request.cacheTtlS
      prepare(&raw)
      var response: UnsafePointer<slipway_http_response>?
      let status = host.pointee.http(call, &raw, &response)
      defer { host.pointee.http_release(call, response) }
      guard status >= ABINumbers.statusOK else {
        return status == ABINumbers.statusClosed ? .closed : .refused(reason: "it is malformed or not declared")
      }
      return response.map { outcome($0.pointee) } ?? .closed
    }
  }

  private func outcome(_ raw: slipway_http_response) -> CloudOutcome {
    switch raw.outcome {
    case ABINumbers.answered:
      .answered(
        CloudResponse(
          status: Int(raw.status), headers: fields(text(raw.headers)), body: Array(UnsafeBufferPointer(raw.body)),
          retryAfterMs: Int64(raw.retry_after_ms)))
    case ABINumbers.notSent: .notSent(reason: text(raw.error), retryAfterMs: Int64(raw.retry_after_ms))
    default: .sentNoAnswer(reason: text(raw.error))
    }
  }

  private func fields(_ lines: String) -> [CloudRequest.Header] {
    lines.split(whereSeparator: \.isNewline).compactMap { line in
      guard let colon = line.firstIndex(of: ":") else { return nil }
      let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
      return CloudRequest.Header(line[..<colon].lowercased(), String(value))
    }
  }

  private func text(_ span: slipway_span) -> String { String(decoding: UnsafeBufferPointer(span), as: UTF8.self) }

  func log(_ level: Call.Level, _ message: String, _ fields: [String: String]) {
    let json = fields.isEmpty ? [] : (try? JSON.encode(fields)) ?? []
    _ = withSpans([Array(message.utf8), json]) { host.pointee.log(call, level.rawValue, $0[0], $0[1]) }
  }

  func progress(_ permille: Int, _ message: String) {
    _ = withSpans([Array(message.utf8)]) {
      host.pointee.progress(call, Int32(clamping: permille), $0[0])
    }
  }

  var remainingMs: Int64 { Int64(host.pointee.remaining_ms(call)) }
  var cancelled: Bool { host.pointee.cancelled(call) != 0 }
  var nowMs: Int64 { Int64(exactly: (Date().timeIntervalSince1970 * 1_000).rounded(.down)) ?? 0 }
}

/// Takes the pieces of one streamed body, from the C side to a Swift closure. Used on one thread.
private final class ChunkReceiver {
  private let receive: (_ piece: [UInt8]) -> StreamFlow
  private var stopped = false

  init(_ receive: @escaping (_ piece: [UInt8]) -> StreamFlow) { self.receive = receive }

  func take(_ piece: slipway_span) -> Int32 {
    if !stopped { stopped = receive(Array(UnsafeBufferPointer(piece))) == .stop }
    return stopped ? 1 : 0
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// The span's bytes; empty where it has no pointer. The host owns them.
  fileprivate init(_ span: slipway_span) {
    self.init(start: span.bytes, count: span.bytes == nil ? 0 : Int(clamping: span.length))
  }
}

/// Bytes that live as long as the process, as the plugin's table must.
private func eternal(_ bytes: [UInt8]) -> slipway_span {
  let place = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, bytes.count))
  _ = place.initialize(from: bytes)
  return slipway_span(bytes: UnsafePointer(place.baseAddress), length: UInt64(bytes.count))
}

/// Runs `body` with a span of each array; they are valid only inside it.
private func withSpans<Result>(_ parts: [[UInt8]], _ body: ([slipway_span]) -> Result) -> Result {
  parts.flatMap { $0 }.withUnsafeBufferPointer { whole in
    var offset = 0
    let spans = parts.map { part in
      defer { offset += part.count }
      guard let base = whole.baseAddress, !part.isEmpty else { return slipway_span() }
      return slipway_span(bytes: base + offset, length: UInt64(part.count))
    }
    return body(spans)
  }
}
