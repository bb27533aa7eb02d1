/// What an account, or a tenant, may have and make at most; nil: any number.
package struct ResourceLimits: Codable, Hashable, Sendable {
  /// Resources alive: from accept until they are gone.
  package var maxResources: Int?
  /// Of those, the ones that the cloud gives for nothing: it told a price of 0.
  package var maxFree: Int?
  /// Of those, the ones that cost something, or for which the cloud told no price.
  package var maxPaid: Int?
  /// What those cost in an hour, in each currency on its own: amounts of different currencies are not added up.
  package var maxHourly: Money?
  /// Creates within any hour.
  package var maxCreatesPerHour: Int?

  /// Makes limits.
  package init(
    maxResources: Int? = nil, maxFree: Int? = nil, maxPaid: Int? = nil, maxHourly: Money? = nil,
    maxCreatesPerHour: Int? = nil
  ) {
    self.maxResources = maxResources
    self.maxFree = maxFree
    self.maxPaid = maxPaid
    self.maxHourly = maxHourly
    self.maxCreatesPerHour = maxCreatesPerHour
  }

  /// Whether they limit nothing.
  package var isEmpty: Bool { self == ResourceLimits() }
}
