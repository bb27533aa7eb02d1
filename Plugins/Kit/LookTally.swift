public import PluginMessages

/// Requests and failures of one look at a batch.
///
/// A failure that may concern one object only is that object's; one that concerns the account, or that
/// comes three times, ends the look and becomes the result of the entries that are left.
public struct LookTally: Sendable {
  /// Requests that the look cost.
  public private(set) var requests = 0
  /// The failure that ended the look.
  public private(set) var ended: CloudFailure?
  private var strikes = 0

  /// Answers that a look puts up with before it takes the cloud for broken.
  private static let mostStrikes = 2
  /// Milliseconds of the call below which nothing more is asked.
  private static let leastMs: Int64 = 500

  /// Nothing was asked yet.
  public init() {}

  /// Runs one request; nil when it failed or may not be made any more.
  ///
  /// What may concern one object only is returned in `local`.
  public mutating func ask<Value>(
    _ call: Call, local: inout CloudFailure?, _ body: () throws(CloudFailure) -> Value
  ) -> Value? {
    guard ended == nil else { return nil }
    if call.cancelled || call.remainingMs < Self.leastMs {
      ended = CloudFailure(
        .unavailable, "the call's time was over before all entries were looked at", remedy: "none; the host looks again"
      )
      return nil
    }
    requests += 1
    do {
      return try body()
    } catch {
      switch error.code {
      case .notFound, .invalidSpec, .busy: local = error
      case .unavailable where strikes < Self.mostStrikes, .internal where strikes < Self.mostStrikes:
        strikes += 1
        local = error
      default: ended = error
      }
      return nil
    }
  }

  /// One result for each entry, or the failure that met all of them.
  public func reply(_ results: [(entry: PollEntry, result: PollResult?)]) throws(CloudFailure) -> PollReply {
    if let ended, results.allSatisfy({ $0.result == nil || $0.result?.failureCode == ended.code.name }) { throw ended }
    let left =
      ended
      ?? CloudFailure(.unavailable, "the look ended before this entry's turn", remedy: "none; the host looks again")
    return PollReply(results: results.map { $0.result ?? $0.entry.failed(left) }, pages: max(1, requests))
  }

  /// The same, where the results' `pollAfterMs` counts from the instant that the look began, milliseconds since 1970: the
  /// host counts it from the reply.
  public func reply(
    _ results: [(entry: PollEntry, result: PollResult?)], countedFrom beganMs: Int64, _ call: Call
  ) throws(CloudFailure) -> PollReply {
    var reply = try reply(results)
    let elapsed = max(0, call.nowMs - beganMs)
    for index in reply.results.indices where reply.results[index].failureCode == nil {
      reply.results[index].pollAfterMs = reply.results[index].pollAfterMs.map { max(0, $0 - elapsed) }
    }
    return reply
  }
}

extension PollEntry {
  /// The entry's result when it failed.
  public func failed(_ failure: CloudFailure) -> PollResult {
    PollResult(
      attemptId: attemptId, pollAfterMs: failure.report.retryAfterMs, failureCode: failure.code.name,
      failure: failure.report)
  }
}
