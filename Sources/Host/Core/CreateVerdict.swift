package import Model

/// How a plugin's `provision` ended, as the host saw it.
package enum CreateEnding: Sendable, Hashable {
  /// It answered with an object.
  case replied(Created)
  /// It failed, and said whether an object may exist all the same.
  case failed(Failure, mayExist: Bool)
  /// It ended without a usable answer: crash, deadline, cancellation, malformed reply.
  case lost(Failure)
  /// It never began.
  case notBegun(Failure)
}

/// What the broker saw of one request that may change the cloud.
package struct MutationEvidence: Sendable, Hashable {
  /// How far it went.
  package enum Reach: Sendable, Hashable {
    /// No byte left this machine.
    case notSent
    /// It may have reached the cloud; no whole answer came.
    case sentNoAnswer
    /// The cloud answered with this status.
    case answered(Int)
  }
  /// How far it went.
  package var reach: Reach
  /// When its last byte could have left this machine.
  package var leftAt: Instant
  /// Whether it was a DELETE.
  package var isDelete: Bool

  /// Whether the cloud answered with success.
  package var isAccepted: Bool { if case .answered(200..<300) = reach { true } else { false } }

  /// Makes evidence.
  package init(reach: Reach, leftAt: Instant, isDelete: Bool = false) {
    self.reach = reach
    self.leftAt = leftAt
    self.isDelete = isDelete
  }
}

/// Decides what a create came to. The broker's evidence outranks the plugin's word.
package enum CreateVerdict {
  /// `evidence` holds the POST, PUT and PATCH requests of the call, none for a plugin that does its own networking
  /// (`isBrokered` false). `now` is when the call ended; it bounds when a request could have left where nobody saw it.
  package static func judge(
    _ ending: CreateEnding, evidence: [MutationEvidence], isBrokered: Bool, now: Instant
  ) -> EffectResult {
    let left = evidence.filter { $0.reach != .notSent }
    let leftAt = left.map(\.leftAt).max() ?? now
    let nothingLeft = isBrokered && left.isEmpty
    let isAmbiguous = left.contains { request in
      switch request.reach {
      case .notSent: false
      case .sentNoAnswer: true
      case .answered(let status): status >= 500
      }
    }
    switch ending {
    case .replied(let created): return .created(created)
    case .notBegun(let failure): return .notSent(failure)
    case .lost(let failure):
      return nothingLeft ? .notSent(failure) : .unknown(failure, leftAt: leftAt)
    case .failed(let failure, let mayExist):
      if nothingLeft {
        // It never asked: the plugin's own no stands, anything transient is simply not sent.
        return isDefinite(failure.code) ? .refused(failure) : .notSent(failure)
      }
      guard !isAmbiguous, !mayExist, isDefinite(failure.code) || failure.code == .rateLimited else {
        return .unknown(failure, leftAt: leftAt)
      }
      return .refused(failure)
    }
  }

  private static func isDefinite(_ code: FailureCode) -> Bool {
    switch code {
    case .invalidSpec, .noCapacity, .quota, .unauthenticated, .forbidden, .paymentRequired, .busy, .protected,
      .nameTaken, .unsupported, .notFound:
      true
    case .rateLimited, .unavailable, .unknownOutcome, .cancelled, .internal, .deadline, .vanished,
      .recipeFailed, .hostKeyMismatch:
      false
    }
  }
}
