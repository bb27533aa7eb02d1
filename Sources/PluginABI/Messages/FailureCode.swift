/// What went wrong, as the plugin classified it; numbers as in slipway_plugin.h section 3.
public enum FailureCode: Int32, Sendable, Hashable, CaseIterable {
  case invalidSpec = 1
  case noCapacity = 2
  case quota = 3
  case rateLimited = 4
  case unauthenticated = 5
  case forbidden = 6
  case paymentRequired = 7
  case busy = 8
  case protected = 9
  case notFound = 10
  case nameTaken = 11
  case unavailable = 12
  case unknownOutcome = 13
  case cancelled = 14
  case unsupported = 15
  case `internal` = 16

  /// Name as in the header and in a poll result, such as `NO_CAPACITY`.
  public var name: String {
    switch self {
    case .invalidSpec: "INVALID_SPEC"
    case .noCapacity: "NO_CAPACITY"
    case .quota: "QUOTA"
    case .rateLimited: "RATE_LIMITED"
    case .unauthenticated: "UNAUTHENTICATED"
    case .forbidden: "FORBIDDEN"
    case .paymentRequired: "PAYMENT_REQUIRED"
    case .busy: "BUSY"
    case .protected: "PROTECTED"
    case .notFound: "NOT_FOUND"
    case .nameTaken: "NAME_TAKEN"
    case .unavailable: "UNAVAILABLE"
    case .unknownOutcome: "UNKNOWN_OUTCOME"
    case .cancelled: "CANCELLED"
    case .unsupported: "UNSUPPORTED"
    case .internal: "INTERNAL"
    }
  }

  /// The code of that name, or nil.
  public init?(name: String) {
    guard let code = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = code
  }
}
