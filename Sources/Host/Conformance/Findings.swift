import Synchronization

/// What has been seen so far of each requirement; any thread.
final class Findings: Sendable {
  private struct Seen {
    var wasTried = false
    var broken: [String] = []
    var missing: [String] = []
  }

  private let seen = Mutex<[Requirement: Seen]>([:])

  /// The requirement was put to the test.
  func tried(_ requirement: Requirement) { seen.withLock { $0[requirement, default: Seen()].wasTried = true } }

  /// It was put to the test, and broken.
  func broke(_ requirement: Requirement, _ detail: String) {
    seen.withLock { seen in
      seen[requirement, default: Seen()].wasTried = true
      if seen[requirement]?.broken.contains(detail) == false { seen[requirement]?.broken.append(detail) }
    }
  }

  /// It was put to the test; broken unless it held.
  func expect(_ requirement: Requirement, _ holds: Bool, _ detail: @autoclosure () -> String) {
    if holds { tried(requirement) } else { broke(requirement, detail()) }
  }

  /// It could not be tried, because of this.
  func cannotTry(_ requirement: Requirement, _ reason: String) {
    seen.withLock { seen in
      if seen[requirement]?.missing.contains(reason) != true {
        seen[requirement, default: Seen()].missing.append(reason)
      }
    }
  }

  /// Whether the requirement was tried and is whole so far.
  func holds(_ requirement: Requirement) -> Bool {
    seen.withLock { $0[requirement].map { $0.wasTried && $0.broken.isEmpty } ?? false }
  }

  /// Everything, in the order of the requirements.
  var results: [CheckedRequirement] {
    seen.withLock { seen in
      Requirement.allCases.map { requirement in
        let found = seen[requirement] ?? Seen()
        if !found.broken.isEmpty {
          return CheckedRequirement(requirement: requirement, verdict: .broken, details: Array(found.broken.prefix(8)))
        }
        if found.wasTried { return CheckedRequirement(requirement: requirement, verdict: .kept, details: []) }
        let reason = requirement.needsCloud ? "give --endpoint to try it on a cloud" : "nothing showed it"
        return CheckedRequirement(
          requirement: requirement, verdict: .unseen, details: found.missing.isEmpty ? [reason] : found.missing)
      }
    }
  }
}
