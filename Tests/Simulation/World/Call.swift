import Core
import Model

/// One effect on its way through plugin, broker and cloud.
struct Call: Sendable {
  /// How far it is, for the table of deaths.
  enum Stage: String, Sendable, CaseIterable {
    case notLeft = "performed, nothing left"
    case left = "request left, no answer"
  }
  var number: UInt64
  var effect: Effect
  var resource: Resource
  var attempt: Attempt?
  var account: String
  var stage = Stage.notLeft
  var leftAt: Instant?
  /// Nothing that could change the cloud left for it.
  var isSilent = false
}

/// What the world itself knows of one attempt's creates; the host's records have no say in it.
struct CreateTruth: Sendable {
  var resource: ULID
  var account: String
  var settleMs: Int64
  /// When a request last left, or can last have left.
  var leftAt: Instant?
  /// A request is on its way from plugin to wire.
  var isLeaving = false
  /// No definite answer reached a living host.
  var isOpen = false
  /// The host was told of an object of it.
  var isKnown = false
  /// Complete looks by name begun after the settle window, with the right token, that found nothing.
  var clear = 0
}
