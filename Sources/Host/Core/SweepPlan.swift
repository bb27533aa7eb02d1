package import Model

/// What must hold of the installation before a sweep may ask for an end; each is judged anew for every sweep.
package struct SweepGate: Sendable, Hashable {
  /// Whether the ledger passed its check and takes what is given to it.
  package var isLedgerHealthy: Bool
  /// Whether an operator confirmed the ledger's epoch, or it never needed that.
  package var isEpochConfirmed: Bool
  /// Whether the identity that is pinned on the account was seen to hold.
  package var identityHolds: Bool

  /// Makes a gate.
  package init(isLedgerHealthy: Bool, isEpochConfirmed: Bool, identityHolds: Bool) {
    self.isLedgerHealthy = isLedgerHealthy
    self.isEpochConfirmed = isEpochConfirmed
    self.identityHolds = identityHolds
  }
}

/// What a complete listing means beside the ledger: findings, and the few ends that may be asked for.
package struct SweepPlan: Sendable, Hashable {
  /// An end that every rule allows.
  package struct Deletion: Sendable, Hashable {
    /// The finding that it deals with.
    package var finding: ULID
    /// The resource whose attempt made the object.
    package var resource: ULID
    /// That attempt.
    package var attempt: ULID
    /// The cloud's id of the object.
    package var object: String
  }

  /// An end that a rule forbids now.
  package struct Withheld: Sendable, Hashable {
    /// The finding that it would deal with.
    package var finding: ULID
    /// The rule.
    package var rule: SweepRule
  }

  /// Findings that are new or changed, resolved ones among them; they are to be stored before anything is asked for.
  package var changed: [CloudFinding] = []
  /// Findings that are open after this listing, oldest first.
  package var open: [CloudFinding] = []
  /// Ends that may be asked for.
  package var deletions: [Deletion] = []
  /// Ends that may not, and why: the first rule that forbids.
  package var withheld: [Withheld] = []
  /// Why the listing was not believed; then nothing changed.
  package var problem: String?
  /// Whether that is something that people must be told at once.
  package var isAlarm = false
  /// Machines that the listing showed.
  package var machines = 0
}

/// The rules for ends that nobody asked for, in the order in which they are tried.
package enum SweepRule: String, Sendable, Hashable, CaseIterable {
  /// The ledger passed its check and has room.
  case ledgerHealthy = "ledger_healthy"
  /// The ledger's epoch is confirmed.
  case epochConfirmed = "epoch_confirmed"
  /// The account's pinned identity holds.
  case identityHolds = "identity_holds"
  /// No more vanished from the listing than is believed.
  case listingBelieved = "listing_believed"
  /// The ledger has a record of the attempt that made the object.
  case attemptKnown = "attempt_known"
  /// That attempt has ended or another one took its place.
  case attemptSettled = "attempt_settled"
  /// It is not protected from deletion.
  case unprotected
  /// The first sighting is long enough ago.
  case grace
  /// Enough complete listings showed it.
  case listings
  /// This sweep has asked for as many ends as one may.
  case share

  /// Why an end is withheld, for people.
  package func text(_ policy: Policy) -> String {
    switch self {
    case .ledgerHealthy: "the ledger is damaged or full"
    case .epochConfirmed: "the ledger was restored or moved, and nobody has confirmed it: `slipway epoch confirm`"
    case .identityHolds: "the account's identity is not known to hold: `slipway account check NAME`"
    case .listingBelieved: "more vanished from the listing than is believed"
    case .attemptKnown: "the ledger does not know what made it: `slipway finding show ID` says what to do"
    case .attemptSettled: "what made it is still in use"
    case .unprotected: "the cloud protects it from deletion; a person has to lift that"
    case .grace: "it was first seen less than \(policy.sweepGrace / 60_000) min ago"
    case .listings:
      "fewer than \(policy.sweepListings) complete listings, \(policy.sweepSpacing / 60_000) min apart, have shown it"
    case .share: "one sweep ends at most \(policy.sweepMost) objects or 10 % of the account's; sweep again"
    }
  }
}
