/// The evidence of one request that may have changed something: handed over when its transfer has ended, before the
/// caller hears of it, and also when nobody waits for it any more.
package struct BrokerRecord: Sendable, Hashable {
  /// The account's id.
  package var account: String
  /// The verb in whose call it was made.
  package var verb: BrokerVerb
  /// Who asked.
  package var correlation: BrokerCorrelation
  /// Name of the endpoint.
  package var endpoint: String
  /// HTTP method.
  package var method: BrokerMethod
  /// Path below the endpoint's base; the query is left out, for it may hold a credential.
  package var path: String
  /// How it ended.
  package var ending: Ending
  /// HTTP status as far as one was seen.
  package var status: Int?
  /// The sentence of a request that was not answered; empty otherwise.
  package var reason: String
  /// First 16 KiB of the decoded body, with secret-looking JSON members and the credential taken out.
  package var bodyPrefix: [UInt8]
  /// When what happened.
  package var times: BrokerTimes

  /// How a transfer ended.
  package enum Ending: String, Sendable, Hashable {
    case notSent = "not_sent"
    case sentNoAnswer = "sent_no_answer"
    case answered
  }
}

extension BrokerRecord {
  /// Longest body prefix, in bytes.
  static let prefixBytes = 16 << 10

  init(_ checked: CheckedRequest, result: BrokerResult, partialBody: [UInt8]) {
    account = checked.account
    verb = checked.request.verb
    correlation = checked.request.correlation
    endpoint = checked.request.endpoint
    method = checked.method
    path = checked.request.path
    times = result.times
    reason = ""
    var body = partialBody
    switch result.outcome {
    case .notSent(let why):
      ending = .notSent
      reason = why.reason
    case .sentNoAnswer(let why, let seen):
      ending = .sentNoAnswer
      reason = why
      status = seen
    case .answered(let answer):
      ending = .answered
      status = answer.status
      body = answer.body
    }
    bodyPrefix = Redaction.redacted(Array(body.prefix(BrokerRecord.prefixBytes)))
  }
}
