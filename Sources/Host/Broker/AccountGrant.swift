/// What the operator approved on one cloud account: where the broker may go, and with which credential.
package struct AccountGrant: Sendable {
  /// The account's id; budgets, lanes and the cache are kept by it.
  package let account: String
  /// The approved services by the name that a plugin uses for them.
  package let endpoints: [String: ApprovedEndpoint]
  /// Requests of the account that may leave in any one second; nil: as many as come.
  package let perSecond: Int?
  /// Fetches the credential for an endpoint at the moment of use; nil where there is none. Called on the broker's
  /// thread, must not block; the broker wipes its copies and never shows them.
  package let credential: @Sendable (_ endpoint: String) -> [UInt8]?

  /// Makes a grant.
  package init(
    account: String,
    endpoints: [String: ApprovedEndpoint],
    perSecond: Int? = nil,
    credential: @escaping @Sendable (_ endpoint: String) -> [UInt8]?
  ) {
    self.account = account
    self.endpoints = endpoints
    self.perSecond = perSecond
    self.credential = credential
  }
}
