import FoundationEssentials
import PluginMessages
import Plugins

/// A request for each verb.
struct SampleRequests {
  let subject: CheckSubject
  /// The id that poll, terminate and power ask about.
  var externalID = "1000001"

  /// The cookie that provision, poll, terminate and power get.
  var cookie: String?

  /// Cookies that a plugin has not written, or not in a form that it knows.
  static let foreignCookies = [
    "", "\u{1F36A}", "{", "null", #"{"schema":4000000000}"#, #"{"v":4000000000,"version":4000000000}"#,
    "[[[[[[[[1]]]]]]]]",
    String(repeating: "x", count: 16_384),
  ]

  /// The same with that cookie.
  func carrying(_ cookie: String) -> SampleRequests {
    SampleRequests(subject: subject, externalID: externalID, cookie: cookie)
  }

  /// Ids in the forms of other clouds.
  static let otherIDs = [
    "6c6c8ac2-1f0e-4f3c-9f4b-0d1a2b3c4d5e", String(repeating: "0123456789abcdef", count: 4),
  ]

  /// The same, asking about another id.
  func asking(_ id: String) -> SampleRequests { SampleRequests(subject: subject, externalID: id) }

  func payload(_ verb: PluginVerb) -> [UInt8] {
    let (account, placement) = (subject.account, subject.placement)
    let (attempt, name) = (CheckSubject.attempt, "slipway-\(CheckSubject.attempt.lowercased())")
    return switch verb {
    case .validate: Self.json(ValidateRequest(account: account, placements: [placement]))
    case .prepare:
      Self.json(PrepareRequest(account: account, placement: placement, installationKey: CheckSubject.key))
    case .provision:
      Self.json(
        ProvisionRequest(
          account: account, attemptId: attempt, operationId: attempt, resourceId: attempt, name: name,
          placement: placement, imageId: "1", architecture: "x86_64", sshPublicKeys: [CheckSubject.key],
          userData: CheckSubject.userData, cookie: cookie))
    case .poll:
      Self.json(
        PollRequest(
          account: account, entries: [PollEntry(attemptId: attempt, name: name, externalId: externalID, cookie: cookie)]
        ))
    case .terminate:
      Self.json(
        TerminateRequest(
          account: account, attemptId: attempt, name: name, externalId: externalID, cookie: cookie))
    case .list: Self.json(ListRequest(account: account))
    case .catalog: Self.json(CatalogRequest(account: account))
    case .selfTest: Self.json(SelfTestRequest(account: account, installationKey: CheckSubject.key))
    case .power:
      Self.json(
        PowerRequest(
          account: account, attemptId: attempt, name: name, externalId: externalID, action: "stop", cookie: cookie))
    }
  }

  /// The lookup by name.
  var lookup: [UInt8] {
    Self.json(
      PollRequest(
        account: subject.account,
        entries: [
          PollEntry(
            attemptId: CheckSubject.attempt, name: "slipway-\(CheckSubject.attempt.lowercased())", externalId: nil)
        ]))
  }

  /// The same with a member that nobody knows, in front.
  static func withUnknownMember(_ payload: [UInt8]) -> [UInt8] {
    Array(#"{"x_unknown":{"a":[1,null,"text"]},"#.utf8) + payload.dropFirst()
  }

  static func json(_ value: some Encodable) -> [UInt8] { (try? JSONEncoder().encode(value)).map(Array.init) ?? [] }
}
