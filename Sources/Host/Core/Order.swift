package import Model

/// A request for one resource, as admission lets it through.
package struct Order: Sendable, Hashable {
  /// Who asks; scopes the key.
  package var caller: String
  /// The caller's own key for this request.
  package var idempotencyKey: String
  /// Digest of the request's body.
  package var bodyDigest: String
  /// Whom it is for.
  package var tenant: String
  /// What is ordered.
  package var offering: Offering
  /// The tenant's SSH keys, OpenSSH form.
  package var sshKeys: [String]
  /// When it ends by itself.
  package var expiresAt: Instant?
  /// What it may cost in an hour at most; nil: anything.
  package var maxHourly: Money?

  /// Makes an order.
  package init(
    caller: String, idempotencyKey: String, bodyDigest: String, tenant: String, offering: Offering, sshKeys: [String],
    expiresAt: Instant?, maxHourly: Money? = nil
  ) {
    self.caller = caller
    self.idempotencyKey = idempotencyKey
    self.bodyDigest = bodyDigest
    self.tenant = tenant
    self.offering = offering
    self.sshKeys = sshKeys
    self.expiresAt = expiresAt
    self.maxHourly = maxHourly
  }
}
