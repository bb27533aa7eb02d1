import Wire

/// HELLO: the worker is there.
package struct WorkerHello: Sendable, Hashable {
  /// Version of the wire.
  package let wire: UInt32
  /// Its own idea of its process id.
  package let pid: UInt32
  /// The kernel's Landlock ABI, or 0.
  package let landlock: UInt32
  /// For each part of the sandbox 0 where it is in force, else an errno; empty from a worker of another wire version.
  package let missing: [UInt8]

  init(_ payload: [UInt8]) throws(WireFault) {
    var reader = ByteReader(payload[...])
    guard let wire = reader.uint32(), let pid = reader.uint32(), let landlock = reader.uint32() else {
      throw WireFault("a HELLO of \(payload.count) bytes; expected at least 12")
    }
    (self.wire, self.pid, self.landlock) = (wire, pid, landlock)
    missing = wire == SLIPWAY_WIRE_VERSION ? Array(reader.all()) : []
    if wire == SLIPWAY_WIRE_VERSION, missing.count != SandboxPart.allCases.count {
      throw WireFault("a HELLO of \(payload.count) bytes; expected \(12 + SandboxPart.allCases.count)")
    }
  }
}

/// READY: the plugin is loaded.
package struct WorkerReady: Sendable, Hashable {
  /// Versions that the plugin speaks.
  package let abi: ABIRange
  /// The version that it chose.
  package let chosen: ABIVersion
  /// Bit n: verb n is there.
  package let verbs: UInt32
  /// Id in the plugin's table, without control characters.
  package let id: String
  /// Version in the plugin's table, without control characters.
  package let version: String
  /// The manifest, not decoded yet.
  package let manifest: [UInt8]

  init(_ payload: [UInt8]) throws(WireFault) {
    var reader = ByteReader(payload[...])
    guard let oldest = reader.uint32(), let newest = reader.uint32(), let chosen = reader.uint32(),
      let verbs = reader.uint32(), let idLength = reader.uint32(), let versionLength = reader.uint32(),
      let id = reader.bytes(idLength), let version = reader.bytes(versionLength)
    else { throw WireFault("a READY that ends before its fields") }
    abi = ABIRange(ABIVersion(oldest), ABIVersion(newest))
    self.chosen = ABIVersion(chosen)
    self.verbs = verbs
    self.id = PlainText.line(bytes: id, limit: 64)
    self.version = PlainText.line(bytes: version, limit: 64)
    manifest = Array(reader.all())
    if manifest.count > WireLimits.manifest {
      throw WireFault("a manifest of \(manifest.count) bytes; at most \(WireLimits.manifest) are allowed")
    }
  }

  /// Whether the plugin has the verb.
  package func has(_ verb: PluginVerb) -> Bool { verbs & (1 << UInt32(verb.rawValue)) != 0 }
}

/// REFUSED: the plugin was not loaded.
package struct WorkerRefused: Sendable, Hashable {
  /// SLIPWAY_REFUSED_....
  package let reason: UInt32
  /// Versions that the plugin speaks; nil unless it told.
  package let abi: ABIRange?
  /// The worker's or the plugin's words, without control characters.
  package let text: String

  init(_ payload: [UInt8]) throws(WireFault) {
    var reader = ByteReader(payload[...])
    guard let reason = reader.uint32(), let oldest = reader.uint32(), let newest = reader.uint32() else {
      throw WireFault("a REFUSED of \(payload.count) bytes; expected at least 12")
    }
    self.reason = reason
    abi = oldest == 0 && newest == 0 ? nil : ABIRange(ABIVersion(oldest), ABIVersion(newest))
    text = PlainText.line(bytes: reader.all(), limit: 4096)
  }
}

/// LOG: a line of the plugin.
package struct WorkerLog: Sendable, Hashable {
  /// 0 debug, 1 info, 2 warning, 3 error.
  package let level: UInt8
  /// Lines dropped in the worker so far.
  package let dropped: UInt32
  /// The line, without control characters.
  package let message: String
  /// A JSON object as the plugin wrote it, without control characters; may be empty.
  package let fields: String

  init(_ payload: [UInt8]) throws(WireFault) {
    var reader = ByteReader(payload[...])
    guard let level = reader.uint8(), reader.bytes(3) != nil, let dropped = reader.uint32(),
      let length = reader.uint32(), let message = reader.bytes(length)
    else { throw WireFault("a LOG that ends before its fields") }
    self.level = min(level, 3)
    self.dropped = dropped
    self.message = PlainText.line(bytes: message)
    fields = PlainText.line(bytes: reader.all(), limit: 4096)
  }
}

/// HTTP: what a plugin asks of the host.
package struct WorkerHTTP: Sendable, Hashable {
  /// Number of the request in its call, from 1, rising.
  package let request: UInt32
  /// Milliseconds; 0 for the default.
  package let timeoutMs: UInt32
  /// Seconds that a cached answer may be old.
  package let cacheTTLS: UInt32
  /// Decoded bytes of answer; 0 for the default.
  package let maxResponse: UInt64
  /// Whether the body is wanted in pieces.
  package let streamed: Bool
  /// Endpoint, method, path, query and headers; nil where one of them is not UTF-8.
  package let texts: Texts?
  /// Body.
  package let body: [UInt8]

  /// The textual parts.
  package struct Texts: Sendable, Hashable {
    /// Endpoint name.
    package let endpoint: String
    /// Method.
    package let method: String
    /// Path.
    package let path: String
    /// Query.
    package let query: String
    /// Lines `Name: value\n`.
    package let headers: String
  }

  init(_ payload: [UInt8]) throws(WireFault) {
    var reader = ByteReader(payload[...])
    guard let request = reader.uint32(), let timeout = reader.uint32(), let ttl = reader.uint32(),
      let most = reader.uint64(), let streamed = reader.uint32()
    else { throw WireFault("an HTTP that ends before its fields") }
    var lengths: [UInt32] = []
    for _ in 0..<6 {
      guard let length = reader.uint32() else { throw WireFault("an HTTP that ends before its fields") }
      lengths.append(length)
    }
    var spans: [ArraySlice<UInt8>] = []
    for length in lengths {
      guard let span = reader.bytes(length) else { throw WireFault("an HTTP whose spans are longer than itself") }
      spans.append(span)
    }
    guard reader.remaining == 0 else { throw WireFault("an HTTP with \(reader.remaining) bytes after its spans") }
    self.request = request
    timeoutMs = timeout
    cacheTTLS = ttl
    maxResponse = most
    self.streamed = streamed != 0
    body = Array(spans[5])
    let texts = spans.prefix(5).compactMap { String(validating: $0, as: UTF8.self) }
    self.texts =
      texts.count == 5
      ? Texts(endpoint: texts[0], method: texts[1], path: texts[2], query: texts[3], headers: texts[4]) : nil
  }
}
