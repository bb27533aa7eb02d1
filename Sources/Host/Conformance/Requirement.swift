/// A numbered MUST of docs/plugin-abi.md that the check can see kept or broken.
///
/// Numbers are never reused. `L` is loading, `A` answering, `F` faults of the network and the cloud, `C` a whole life on a cloud.
package enum Requirement: String, Sendable, Hashable, CaseIterable {
  case loads = "L1"
  case manifest = "L2"
  case verbs = "L3"
  case answers = "A1"
  case replies = "A2"
  case malformed = "A3"
  case unknownFields = "A4"
  case concurrency = "A5"
  case requests = "A6"
  case reads = "A7"
  case cookies = "A8"
  case refused = "F1"
  case held = "F2"
  case cut = "F3"
  case unauthorized = "F4"
  case notFound = "F5"
  case tooMany = "F6"
  case serverError = "F7"
  case nonsense = "F8"
  case huge = "F9"
  case deadline = "F10"
  case identity = "C1"
  case validates = "C2"
  case lostCreate = "C3"
  case boots = "C4"
  case ensures = "C5"
  case lists = "C6"
  case foreign = "C7"
  case ends = "C8"
  case endsTwice = "C9"

  /// Whether it needs a cloud.
  package var needsCloud: Bool { rawValue.hasPrefix("C") }

  /// The requirement, one sentence; docs/plugin-abi.md has the same.
  package var text: String {
    switch self {
    case .loads:
      "The plugin MUST load in the worker's sandbox, export `slipway_plugin_entry` and speak an ABI of this host."
    case .manifest: "The manifest MUST be valid, and its id and version those of the table."
    case .verbs: "Every verb but `power` MUST be there; `power` MUST be there where the capabilities name it."
    case .answers: "Every call MUST be answered exactly once, before the verb returns, and MUST NOT end the worker."
    case .replies:
      "A reply MUST be of the verb's schema; a failure MUST carry a message and, but for INTERNAL, a remedy."
    case .malformed:
      "provision, terminate and power MUST answer a request that is no JSON, or lacks members, with a failure."
    case .unknownFields: "Unknown members of a request MUST be ignored."
    case .concurrency: "Calls up to `max_concurrency` at the same time MUST each be answered."
    case .requests: "Requests MUST go to declared endpoints and keep the rules of method, path and headers."
    case .reads:
      "validate, poll, list, catalog and self_test MUST send GET and HEAD only, but for declared `post_reads`."
    case .cookies: "A cookie that cannot be read, as of another version of the plugin, MUST count as absent."
    case .refused:
      "A request that was not sent MUST NOT become a success, nor may an object be said to exist or be gone."
    case .held: "A request held back with a time to wait MUST become RATE_LIMITED or UNAVAILABLE with `retry_after_ms`."
    case .cut:
      "A request that got no answer MUST NOT be taken for done, absent or gone; provision's is UNKNOWN_OUTCOME."
    case .unauthorized:
      "401 MUST become UNAUTHENTICATED or FORBIDDEN, or `credential_valid` false; nothing is gone by it."
    case .notFound: "404 MUST NOT become a running object, nor a success of provision."
    case .tooMany: "429 MUST become RATE_LIMITED."
    case .serverError: "500 and 503 MUST become UNAVAILABLE, BUSY, INTERNAL or UNKNOWN_OUTCOME, never absence or gone."
    case .nonsense: "An empty, truncated or foreign answer (HTML) MUST become a failure, never absence or gone."
    case .huge: "An answer of 3 MiB MUST NOT end the worker."
    case .deadline: "After the host has ended a request at the deadline, the verb MUST return, and send no other."
    case .identity: "self_test MUST name the account the same way each time."
    case .validates: "validate MUST resolve what is sold, and name path and allowed values for what is not."
    case .lostCreate: "After a create whose answer was lost, a lookup by name MUST find exactly that one object."
    case .boots: "poll MUST report the object running, with an address, by its id."
    case .ensures: "provision with the same attempt and external id MUST NOT make another object."
    case .lists: "list MUST show the object with its attempt id, and say whether all pages were read."
    case .foreign: "terminate MUST refuse an object that does not carry the attempt's mark."
    case .ends: "After terminate, poll MUST report the object gone."
    case .endsTwice: "terminate of what is gone MUST be a success or NOT_FOUND."
    }
  }
}

/// What the check saw of one requirement.
package enum Verdict: String, Sendable, Hashable {
  case kept, broken
  /// Nothing showed whether it is kept; the detail says what is needed to see it.
  case unseen
}

/// One requirement's result.
package struct CheckedRequirement: Sendable, Hashable {
  /// The requirement.
  package var requirement: Requirement
  /// What was seen.
  package var verdict: Verdict
  /// What was expected and found where it is broken, what is missing where it is unseen; one line each.
  package var details: [String]
}

/// The whole result.
package struct CheckReport: Sendable, Hashable {
  /// The file.
  package var file: String
  /// The plugin's id and version; empty where it did not load.
  package var plugin: String
  /// All requirements, in their order.
  package var results: [CheckedRequirement]

  /// Whether nothing is broken.
  package var holds: Bool { !results.contains { $0.verdict == .broken } }
}
