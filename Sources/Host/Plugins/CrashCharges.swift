/// What a crash is charged to: one verb on one operation, resource or account.
package struct CrashSubject: Sendable, Hashable, Codable {
  /// Name of the verb; empty for a worker that died with no call.
  package let verb: String
  /// The caller's name for what the call was about; empty where it had none of its own.
  package let subject: String

  /// Makes a subject.
  package init(verb: String, subject: String) {
    self.verb = verb
    self.subject = subject
  }
}

/// Who is to blame for crashes; pure.
///
/// A crash with one call that was about one thing is that thing's; with more, all of them are suspects, whose calls run
/// in a worker of their own until they return. Two crashes of one's own park it. Crashes
/// of several different things in a short time are the image's own fault.
package struct CrashCharges: Sendable {
  /// A call that was under way: what it was about.
  package struct Call: Sendable, Hashable {
    /// The verb.
    package let verb: String
    /// What it was about; empty for a call about an account as a whole.
    package let subjects: [String]
    /// The account.
    package let account: String

    /// Makes a call.
    package init(verb: String, subjects: [String], account: String) {
      self.verb = verb
      self.subjects = subjects
      self.account = account
    }

    var charged: [CrashSubject] {
      subjects.isEmpty
        ? [CrashSubject(verb: verb, subject: "account \(account)")]
        : subjects.map { CrashSubject(verb: verb, subject: $0) }
    }
  }

  /// What a crash leads to.
  package struct Verdict: Sendable, Hashable {
    /// What is not to be tried again.
    package var parked: CrashSubject?
    /// Whether the image has crashed on too many different things.
    package var isImageBad = false

    /// Nothing follows.
    package init() {}
  }

  /// Crashes of its own after which a subject is parked.
  package var limit = 2
  /// Different subjects with crashes of their own that make an image bad.
  package var subjects = 3
  /// Nanoseconds within which those count together.
  package var window: UInt64 = 600_000_000_000

  private var counts: [CrashSubject: Int] = [:]
  private var suspects: Set<CrashSubject> = []
  private var recent: [(at: UInt64, subject: CrashSubject)] = []

  /// Makes charges with their limits.
  package init() {}

  /// A worker crashed with these calls under way.
  package mutating func crashed(_ calls: [Call], at now: UInt64) -> Verdict {
    var verdict = Verdict()
    let charged = calls.flatMap(\.charged)
    if charged.count > 1 {
      suspects.formUnion(charged)
      return verdict
    }
    let culprit = charged.first ?? CrashSubject(verb: "", subject: "")
    if !calls.isEmpty { suspects.insert(culprit) }
    counts[culprit, default: 0] += 1
    if calls.first?.subjects.isEmpty == false, counts[culprit, default: 0] >= limit {
      verdict.parked = culprit
      suspects.remove(culprit)
      counts[culprit] = nil
    }
    recent.removeAll { now &- $0.at > window }
    recent.append((now, culprit))
    if recent.count > 256 { recent.removeFirst() }
    verdict.isImageBad = Set(recent.map(\.subject)).count >= max(1, subjects)
    return verdict
  }

  /// Whether a call has to run alone; not even asked what it is about while nothing is suspect.
  package func isSuspect(_ call: @autoclosure () -> Call) -> Bool {
    !suspects.isEmpty && call().charged.contains { suspects.contains($0) }
  }

  /// A call that ran alone has returned: it was not the one.
  package mutating func cleared(_ call: Call) { suspects.subtract(call.charged) }

  /// Forgets everything: another image runs, or the operator asked.
  package mutating func forgive() {
    (counts, suspects, recent) = ([:], [], [])
  }
}
