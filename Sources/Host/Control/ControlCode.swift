/// Kinds of failure at the control API; the one table from kind to HTTP status and to exit code.
///
/// Every code of a plugin or of the core keeps its name here. A client that meets a code it does not know reads it
/// as INTERNAL.
package enum ControlCode: String, Codable, Sendable, Hashable, CaseIterable {
  /// The request itself is malformed.
  case badRequest = "BAD_REQUEST"
  /// The caller may not use the control socket.
  case notPermitted = "NOT_PERMITTED"
  /// Nothing of that name or id, or no such path.
  case notFound = "NOT_FOUND"
  /// The path does not take that method.
  case methodNotAllowed = "METHOD_NOT_ALLOWED"
  /// The name is in use.
  case alreadyExists = "ALREADY_EXISTS"
  /// Others still depend on it.
  case inUse = "IN_USE"
  /// The idempotency key came before with another body.
  case idempotencyConflict = "IDEMPOTENCY_CONFLICT"
  /// The thing's present state does not allow it.
  case conflict = "CONFLICT"
  /// No worker serves the plugin, or the daemon starts or stops.
  case notServing = "NOT_SERVING"
  /// No room on the disk; nothing was accepted.
  case storageFull = "STORAGE_FULL"

  case invalidSpec = "INVALID_SPEC"
  case noCapacity = "NO_CAPACITY"
  case quota = "QUOTA"
  case rateLimited = "RATE_LIMITED"
  case unauthenticated = "UNAUTHENTICATED"
  case forbidden = "FORBIDDEN"
  case paymentRequired = "PAYMENT_REQUIRED"
  case busy = "BUSY"
  case protected = "PROTECTED"
  case nameTaken = "NAME_TAKEN"
  case unavailable = "UNAVAILABLE"
  case unknownOutcome = "UNKNOWN_OUTCOME"
  case cancelled = "CANCELLED"
  case unsupported = "UNSUPPORTED"
  case `internal` = "INTERNAL"
  /// The operation's deadline passed.
  case deadline = "DEADLINE"
  /// The object disappeared without our doing.
  case vanished = "VANISHED"
  /// The offering's recipe did not end well.
  case recipeFailed = "RECIPE_FAILED"
  /// SSH presented another host key than the one expected.
  case hostKeyMismatch = "HOST_KEY_MISMATCH"

  /// The HTTP status of a response that carries the code.
  package var status: Int {
    switch self {
    case .badRequest: 400
    case .notPermitted: 403
    case .notFound: 404
    case .methodNotAllowed: 405
    case .alreadyExists, .inUse, .idempotencyConflict, .conflict, .noCapacity, .quota, .protected, .nameTaken,
      .cancelled:
      409
    case .vanished: 410
    case .invalidSpec: 422
    case .unauthenticated, .forbidden, .paymentRequired: 424
    case .rateLimited: 429
    case .internal: 500
    case .unsupported: 501
    case .unknownOutcome, .recipeFailed, .hostKeyMismatch: 502
    case .notServing, .busy, .unavailable: 503
    case .deadline: 504
    case .storageFull: 507
    }
  }

  /// The exit code of a command that ends with the code.
  package var exit: ExitCode {
    switch self {
    case .badRequest, .methodNotAllowed: .usage
    case .notPermitted: .notPermitted
    case .notFound, .vanished: .notFound
    case .alreadyExists, .inUse, .idempotencyConflict, .conflict, .protected, .nameTaken, .cancelled: .conflict
    case .invalidSpec, .unsupported: .invalid
    case .noCapacity, .quota: .noRoom
    case .unauthenticated, .forbidden, .paymentRequired: .refusedByCloud
    case .rateLimited, .notServing, .busy, .unavailable, .storageFull: .tryAgain
    case .deadline, .unknownOutcome: .undecided
    case .recipeFailed: .recipeFailed
    case .hostKeyMismatch: .untrusted
    case .internal: .failure
    }
  }

  /// Reads a code; one that is not known is INTERNAL.
  package init(from decoder: any Decoder) throws {
    self = Self(rawValue: try decoder.singleValueContainer().decode(String.self)) ?? .internal
  }
}

/// Exit codes of the `slipway` command; a contract with scripts.
package enum ExitCode: Int32, Sendable, Hashable, CaseIterable {
  case ok = 0
  case failure = 1
  case usage = 2
  case noDaemon = 3
  case notFound = 4
  case conflict = 5
  case invalid = 6
  case noRoom = 7
  case refusedByCloud = 8
  case notPermitted = 9
  case tryAgain = 10
  case undecided = 11
  case untrusted = 12
  case unhealthy = 13
  case recipeFailed = 14
  case detached = 130

  /// What it means, one line.
  package var meaning: String {
    switch self {
    case .ok: "done"
    case .failure: "failed for a reason without a code of its own"
    case .usage: "the command, its arguments or a file given to it are wrong; nothing was sent or changed"
    case .noDaemon: "no daemon answers on the control socket"
    case .notFound: "no such plugin, account, offering or resource"
    case .conflict: "the name is taken, the thing is in use, or its state does not allow it"
    case .invalid: "the request can never work as it stands; the violations say why"
    case .noRoom: "out of stock, or a limit of the cloud account is reached"
    case .refusedByCloud: "the cloud refuses the account: credential, permission or payment"
    case .notPermitted: "the daemon refuses this user"
    case .tryAgain: "nothing happened and a later try may work: busy, rate limited, not serving, disk full"
    case .undecided: "not finished in time or without a definite answer; the daemon goes on and cleans up"
    case .untrusted: "the machine presented another SSH host key than the one expected"
    case .unhealthy: "the check ran, and what it checked does not hold"
    case .recipeFailed: "the recipe did not end well; `resource logs` shows what it wrote"
    case .detached: "interrupted by Ctrl-C; the daemon goes on"
    }
  }
}
