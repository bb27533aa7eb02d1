import Wire

/// Limits of slipway_wire.h.
package enum WireLimits {
  /// Payload bytes of one frame.
  package static let frame = Int(SLIPWAY_WIRE_MAX_FRAME)
  /// Bytes of a reassembled message.
  package static let message = 4 << 20
  /// Bytes of a reassembled reply of list or catalog, and of an HTTP response.
  package static let listing = 16 << 20
  /// Payload bytes in flight in one call and direction.
  package static let callWindow = 256 << 10
  /// Payload bytes in flight in one worker and direction.
  package static let workerWindow = 4 << 20
  /// Bytes of a header.
  package static let header = 14
  /// Bytes of a manifest.
  package static let manifest = 256 << 10
  /// Credit is given back in lots of at least this many bytes.
  package static let creditLot = 32 << 10
  /// Bytes of unfinished messages of one worker that the host holds at most.
  package static let reassembly = 64 << 20
  /// HTTP requests that one call may have open.
  package static let requests = 64
}

/// Kind of a frame; numbers as in slipway_wire.h.
package enum FrameKind: UInt8, Sendable, Hashable, CaseIterable {
  case hello = 1
  case ready, refused, call, cancel, reply, fail, returned
  case http, httpHead, httpBody, httpEnd, httpStop
  case log, progress, credit, ping, pong

  /// Whether its payload counts against the credit windows.
  package var costsCredit: Bool {
    switch self {
    case .cancel, .credit, .ping, .pong, .log, .progress: false
    default: true
    }
  }

  /// Whether a message of this kind may be a chain of frames.
  package var mayChain: Bool {
    switch self {
    case .ready, .refused, .call, .reply, .fail, .http, .httpHead, .httpBody: true
    default: false
    }
  }
}

/// One frame.
package struct Frame: Sendable, Hashable {
  /// What it carries.
  package var kind: FrameKind
  /// Whether the message goes on in the next frame of this kind and call.
  package var more: Bool
  /// The call, or 0.
  package var call: UInt64
  /// At most `WireLimits.frame` bytes.
  package var payload: [UInt8]

  /// Makes a frame.
  package init(_ kind: FrameKind, call: UInt64 = 0, more: Bool = false, _ payload: [UInt8] = []) {
    self.kind = kind
    self.more = more
    self.call = call
    self.payload = payload
  }
}

/// Something that a worker sent and must not; the reason, for the operator.
package struct WireFault: Error, Sendable, Hashable {
  /// One line without control characters.
  package let reason: String

  /// Makes a fault.
  package init(_ reason: String) { self.reason = reason }
}
