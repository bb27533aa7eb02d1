import FoundationEssentials
import PluginMessages
import Plugins

/// Judges what a verb answered; pure.
enum AnswerRules {
  /// What the worker answers for a verb that did not; the same words are in Worker/calls.c.
  static let silence = "the plugin's verb returned without calling reply or fail"
  /// What the worker logs at a second answer; the same words are in Worker/services.c.
  static let second = "the plugin answered a call a second time; the first answer stands"

  /// Complaints under `.answers` and `.replies`: what is asked of every call, whether it sent a request or not. `what` names
  /// the call. One that the plugin never got shows nothing.
  static func answered(_ verb: PluginVerb, _ what: String, _ outcome: CallOutcome) -> [(Requirement, String)] {
    switch outcome {
    case .crashed(let how): return [(.answers, "\(what): the worker ended: \(how)")]
    case .overdue: return [(.answers, "\(what): no answer until the deadline")]
    case .cancelled: return [(.answers, "\(what): cancelled")]
    case .notServing, .parked: return []
    case .failed(let number, let report):
      guard let code = FailureCode(rawValue: number) else {
        return [(.replies, "\(verb.name): failure code \(number); expected 1 to 16")]
      }
      if outcome.isSilence { return [(.answers, "\(what): the verb returned without an answer")] }
      return report.isEmpty ? [] : shape(verb, code, report)
    case .replied(let bytes):
      return isOfSchema(verb, bytes)
        ? [] : [(.replies, "\(what): the reply is not of docs/abi/\(verb.name).reply.json")]
    }
  }

  /// A complaint for each rule of the fault that the outcome breaks. `mayHaveChanged`: whether a request other than GET and
  /// HEAD was made.
  static func judge(
    _ verb: PluginVerb, _ fault: Fault, _ outcome: CallOutcome, mayHaveChanged: Bool
  ) -> [(Requirement, String)] {
    switch outcome {
    case .crashed, .overdue, .notServing, .parked, .cancelled: []
    case .failed(let code, let report): failed(verb, fault, code, report, mayHaveChanged)
    case .replied(let bytes): replied(verb, fault, bytes)
    }
  }

  private static func failed(
    _ verb: PluginVerb, _ fault: Fault, _ number: Int32, _ report: [UInt8], _ mayHaveChanged: Bool
  ) -> [(Requirement, String)] {
    guard let code = FailureCode(rawValue: number) else { return [] }
    var complaints: [(Requirement, String)] = []
    let allowed = codes(fault, verb)
    if !allowed.isEmpty && !allowed.contains(code) && code != .invalidSpec {
      complaints.append(
        (
          fault.requirement,
          "\(verb.name), after \(fault.name): \(code.name); expected \(allowed.map(\.name).joined(separator: ", "))"
        ))
    }
    if verb == .provision, fault == .cut, mayHaveChanged, claimsAbsence(report) {
      complaints.append((.cut, "provision, after \(fault.name): `may_exist` is false, though the request was sent"))
    }
    if fault == .held, code == .rateLimited || code == .unavailable, retryAfter(report) == nil {
      complaints.append((.held, "\(verb.name), after \(fault.name): no `retry_after_ms`"))
    }
    return complaints
  }

  private static func shape(_ verb: PluginVerb, _ code: FailureCode, _ report: [UInt8]) -> [(Requirement, String)] {
    guard let told = try? JSONDecoder().decode(FailureReport.self, from: Data(report)) else {
      return [(.replies, "\(verb.name): the failure's report is not of docs/abi/failure.json")]
    }
    if told.message.isEmpty { return [(.replies, "\(verb.name): a failure without a message")] }
    if code != .internal && (told.remedy ?? "").isEmpty {
      return [(.replies, "\(verb.name): \(code.name) without a remedy: \(told.message)")]
    }
    return []
  }

  private static func claimsAbsence(_ report: [UInt8]) -> Bool {
    (try? JSONDecoder().decode(FailureReport.self, from: Data(report)))?.mayExist == false
  }

  private static func retryAfter(_ report: [UInt8]) -> Int64? {
    (try? JSONDecoder().decode(FailureReport.self, from: Data(report)))?.retryAfterMs.flatMap { $0 > 0 ? $0 : nil }
  }

  /// Failure codes that fit a fault; none: any.
  private static func codes(_ fault: Fault, _ verb: PluginVerb) -> [FailureCode] {
    let lost: [FailureCode] = [.unavailable, .unknownOutcome, .internal, .busy]
    return switch fault {
    case .refused: [.unavailable, .rateLimited, .internal]
    case .held: [.rateLimited, .unavailable]
    case .cut: verb == .provision ? [.unknownOutcome, .unavailable, .internal] : lost
    case .unauthorized, .forbidden: [.unauthenticated, .forbidden, .unavailable]
    case .notFound, .huge: []
    case .tooMany: [.rateLimited]
    case .serverError, .unavailable, .empty, .html, .truncated: lost
    }
  }

  private static func replied(_ verb: PluginVerb, _ fault: Fault, _ bytes: [UInt8]) -> [(Requirement, String)] {
    let after = "\(verb.name), after \(fault.name)"
    func wrong(_ what: String) -> [(Requirement, String)] { [(fault.requirement, "\(after): \(what)")] }
    func read<Reply: Decodable>(_ type: Reply.Type) -> Reply? {
      try? JSONDecoder().decode(type, from: Data(bytes))
    }
    // What is not of the schema was complained of already.
    switch verb {
    case .poll: return read(PollReply.self).map { polled($0, fault, wrong) } ?? []
    case .list:
      return read(ListReply.self)?.allPagesRead == true && fault != .huge ? wrong("`all_pages_read` is true") : []
    case .selfTest:
      let isValid = read(SelfTestReply.self)?.credentialValid == true
      return isValid && fault == .unauthorized ? wrong("`credential_valid` is true") : []
    case .terminate:
      let isGone = read(TerminateReply.self)?.state == "gone"
      return isGone && fault != .notFound ? wrong("the object is said to be gone") : []
    case .provision: return read(ProvisionReply.self) == nil ? [] : wrong("a success, with an external id")
    case .validate, .prepare, .catalog, .power: return []
    }
  }

  private static func isOfSchema(_ verb: PluginVerb, _ bytes: [UInt8]) -> Bool {
    func reads<Reply: Decodable>(_ type: Reply.Type) -> Bool {
      (try? JSONDecoder().decode(type, from: Data(bytes))) != nil
    }
    return switch verb {
    case .validate: reads(ValidateReply.self)
    case .prepare: reads(PrepareReply.self)
    case .provision: reads(ProvisionReply.self)
    case .poll: reads(PollReply.self)
    case .terminate: reads(TerminateReply.self)
    case .list: reads(ListReply.self)
    case .catalog: reads(CatalogReply.self)
    case .selfTest: reads(SelfTestReply.self)
    case .power: reads(PowerReply.self)
    }
  }

  private static func polled(
    _ reply: PollReply, _ fault: Fault, _ wrong: (String) -> [(Requirement, String)]
  ) -> [(Requirement, String)] {
    for result in reply.results {
      for seen in result.observations {
        if seen.state == .running || seen.state == .pending {
          return wrong("an object is said to be \(seen.state.rawValue)")
        }
        if seen.state == .gone && fault != .notFound { return wrong("an object is said to be gone") }
      }
      let isAbsence = result.observations.isEmpty && result.failureCode == nil && result.allPagesRead
      if isAbsence && fault != .notFound && fault != .huge { return wrong("absence is claimed by a whole look") }
    }
    return []
  }
}

extension CallOutcome {
  /// Whether the worker had to answer in the verb's place.
  var isSilence: Bool {
    guard case .failed(_, let report) = self else { return false }
    return (try? JSONDecoder().decode(FailureReport.self, from: Data(report)))?.message == AnswerRules.silence
  }

  /// Why the plugin never got the call; nil: it did.
  var notCalled: String? {
    switch self {
    case .notServing(let reason), .parked(let reason): reason
    default: nil
    }
  }
}
