import FoundationEssentials
import PluginMessages
import Plugins

/// Judges what a verb answered after a fault; pure.
enum AnswerRules {
  /// A complaint for each rule that the outcome breaks, under the requirement that it breaks. `mayHaveChanged`: whether a
  /// request other than GET and HEAD was made.
  static func judge(
    _ verb: PluginVerb, _ fault: Fault, _ outcome: CallOutcome, mayHaveChanged: Bool
  ) -> [(Requirement, String)] {
    switch outcome {
    case .crashed(let how): return [(.answers, "\(verb.name), after \(fault.name): the worker ended: \(how)")]
    case .overdue: return [(.answers, "\(verb.name), after \(fault.name): no answer until the deadline")]
    case .notServing(let reason), .parked(let reason):
      return [(.answers, "\(verb.name), after \(fault.name): not called: \(reason)")]
    case .cancelled: return [(.answers, "\(verb.name), after \(fault.name): cancelled")]
    case .failed(let code, let report): return failed(verb, fault, code, report, mayHaveChanged)
    case .replied(let bytes): return replied(verb, fault, bytes)
    }
  }

  private static func failed(
    _ verb: PluginVerb, _ fault: Fault, _ number: Int32, _ report: [UInt8], _ mayHaveChanged: Bool
  ) -> [(Requirement, String)] {
    guard let code = FailureCode(rawValue: number) else {
      return [(.replies, "\(verb.name): failure code \(number); expected 1 to 16")]
    }
    var complaints = report.isEmpty ? [] : shape(verb, code, report)
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
    let unreadable: [(Requirement, String)] = [(.replies, "\(after): the reply is not of docs/abi/\(verb.name).json")]
    switch verb {
    case .poll:
      guard let reply = read(PollReply.self) else { return unreadable }
      return polled(reply, fault, wrong)
    case .list:
      guard let reply = read(ListReply.self) else { return unreadable }
      return reply.allPagesRead && fault != .huge ? wrong("`all_pages_read` is true") : []
    case .selfTest:
      guard let reply = read(SelfTestReply.self) else { return unreadable }
      return reply.credentialValid && (fault == .unauthorized) ? wrong("`credential_valid` is true") : []
    case .terminate:
      guard let reply = read(TerminateReply.self) else { return unreadable }
      return reply.state == "gone" && fault != .notFound ? wrong("the object is said to be gone") : []
    case .provision: return read(ProvisionReply.self) == nil ? unreadable : wrong("a success, with an external id")
    case .validate: return read(ValidateReply.self) == nil ? unreadable : []
    case .prepare: return read(PrepareReply.self) == nil ? unreadable : []
    case .catalog: return read(CatalogReply.self) == nil ? unreadable : []
    case .power: return read(PowerReply.self) == nil ? unreadable : []
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
