/// Whom an offering's owner wants to be told of what goes wrong.
package struct NoticeTargets: Codable, Hashable, Sendable {
  /// An https URL that takes a POST for each notice; nil: none.
  package var webhook: String?
  /// With what the webhook's bodies are signed, under seal; nil: they are not.
  package var secret: SealedSecret?
  /// An e-mail address; nil: none.
  package var email: String?

  /// Makes targets.
  package init(webhook: String? = nil, secret: SealedSecret? = nil, email: String? = nil) {
    self.webhook = webhook
    self.secret = secret
    self.email = email
  }

  /// The same, each with one way only: the webhook with its secret, and the e-mail address.
  package var separate: [NoticeTargets] {
    var each: [NoticeTargets] = []
    if let webhook { each.append(NoticeTargets(webhook: webhook, secret: secret)) }
    if let email { each.append(NoticeTargets(email: email)) }
    return each
  }
}

/// Something that an offering's owner is told of: committed with what it tells, and kept until it is delivered.
///
/// Kept in the ledger as `notice/ID`; ids grow in the order in which things happened.
package struct Notice: Codable, Hashable, Sendable {
  /// What happened.
  package enum Kind: String, Codable, Hashable, Sendable {
    /// A provision failed.
    case provisionFailed = "provision_failed"
    /// Another version of a recipe did not end well on a resource, which goes on.
    case upgradeFailed = "upgrade_failed"
    /// A machine vanished without our doing.
    case lost
  }

  /// Its id.
  package var id: ULID
  /// What happened.
  package var kind: Kind
  /// When.
  package var at: Instant
  /// The resource that it is about.
  package var resource: ULID
  /// Whom the resource is for.
  package var tenant: String
  /// Name of its offering.
  package var offering: String
  /// Why.
  package var failure: Failure
  /// The newest run of a recipe on it, whose last words are worth showing; nil: none ran.
  package var run: ULID?
  /// Who is to be told: one webhook or one e-mail address.
  package var targets: NoticeTargets

  /// Makes a notice.
  package init(
    id: ULID, kind: Kind, at: Instant, resource: ULID, tenant: String, offering: String, failure: Failure, run: ULID?,
    targets: NoticeTargets
  ) {
    self.id = id
    self.kind = kind
    self.at = at
    self.resource = resource
    self.tenant = tenant
    self.offering = offering
    self.failure = failure
    self.run = run
    self.targets = targets
  }
}
