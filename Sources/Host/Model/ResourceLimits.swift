/// What an account, or a tenant, may have and make at most; nil: any number.
package struct ResourceLimits: Codable, Hashable, Sendable {
  /// Resources alive: from accept until they are gone.
  package var maxResources: Int?
  /// What those cost in an hour, in each currency on its own: amounts of different currencies are not added up.
  package var maxHourly: Money?
  /// Creates within any hour.
  package var maxCreatesPerHour: Int?

  /// Makes limits.
  package init(maxResources: Int? = nil, maxHourly: Money? = nil, maxCreatesPerHour: Int? = nil) {
    self.maxResources = maxResources
    self.maxHourly = maxHourly
    self.maxCreatesPerHour = maxCreatesPerHour
  }

  /// Whether they limit nothing.
  package var isEmpty: Bool { maxResources == nil && maxHourly == nil && maxCreatesPerHour == nil }
}
