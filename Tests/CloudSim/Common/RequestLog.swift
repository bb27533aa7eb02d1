package import HTTP

/// What clients asked for: counts of everything, and the last requests one by one.
package struct RequestLog: Sendable {
  /// The last requests, oldest first; at most `kept`.
  package private(set) var entries: [Entry] = []
  /// Requests by method and path template since the start or the last `clear`.
  package private(set) var counts: [Call: Int] = [:]
  /// All requests since then.
  package private(set) var total = 0
  /// How many requests are kept one by one.
  package var kept = 10_000

  /// A kind of request.
  package struct Call: Sendable, Hashable, Comparable {
    /// Upper-case method.
    package let method: String
    /// Path with `{id}` in the place of ids.
    package let template: String

    /// Makes a kind of request.
    package init(_ method: String, _ template: String) {
      self.method = method
      self.template = template
    }

    /// Order by template, then by method.
    package static func < (a: Call, b: Call) -> Bool { (a.template, a.method) < (b.template, b.method) }
  }

  /// One request.
  package struct Entry: Sendable, Hashable {
    /// Number, from 1.
    package let number: Int
    /// Instant of arrival, milliseconds since 1970.
    package let at: Int64
    /// The request without Authorization and body.
    package let method: String
    /// Path as it was sent.
    package let path: String
    /// Query as it was sent.
    package let query: String
    /// Bytes of body.
    package let bodyBytes: Int
    /// Status of the answer, also where it was not delivered; nil where the request was never looked at.
    package let status: Int?
    /// Name of the fault that hit it; nil where none did.
    package let fault: String?
  }

  /// Makes an empty log.
  package init() {}

  /// Path with `{id}` in the place of numbers, of UUIDs and of fingerprints.
  package static func template(_ path: String) -> String {
    "/"
      + path.split(separator: "/").map { segment in
        let digits = segment.utf8.allSatisfy { (0x30...0x39).contains($0) }
        let uuid = segment.utf8.count == 36 && segment.utf8.filter { $0 == UInt8(ascii: "-") }.count == 4
        let fingerprint = segment.utf8.count == 47 && segment.utf8.filter { $0 == UInt8(ascii: ":") }.count == 15
        return digits || uuid || fingerprint ? "{id}" : String(segment)
      }.joined(separator: "/")
  }

  /// Writes down a request and what became of it.
  package mutating func add(_ request: HTTPRequest, at now: Int64, status: Int?, fault: String?) {
    total += 1
    counts[Call(request.method, RequestLog.template(request.path)), default: 0] += 1
    entries.append(
      Entry(
        number: total, at: now, method: request.method, path: request.path, query: request.query,
        bodyBytes: request.body.count, status: status, fault: fault))
    if entries.count >= kept * 2 { entries.removeFirst(entries.count - kept) }
  }

  /// Requests of a method and path template, such as `GET /v1/servers/{id}`.
  package func count(_ method: String, _ template: String) -> Int { counts[Call(method, template)] ?? 0 }

  /// Forgets everything.
  package mutating func clear() {
    (entries, counts, total) = ([], [:], 0)
  }

  /// The log as the admin endpoint shows it, with at most `limit` single requests, newest last.
  package func json(limit: Int) -> JSON {
    let calls = counts.sorted { $0.key < $1.key }.map { call, count -> JSON in
      ["method": .string(call.method), "template": .string(call.template), "count": .int(Int64(count))]
    }
    let log = entries.suffix(max(0, limit)).map { entry -> JSON in
      [
        "number": .int(Int64(entry.number)), "at_ms": .int(entry.at), "method": .string(entry.method),
        "path": .string(entry.path), "query": .string(entry.query), "body_bytes": .int(Int64(entry.bodyBytes)),
        "status": .optional(entry.status.map(Int64.init)), "fault": .optional(entry.fault),
      ]
    }
    return ["total": .int(Int64(total)), "counts": .array(calls), "log": .array(log)]
  }
}
