/// What an account may have and make at most, as it is shown, and as a request changes it.
///
/// In a view a member that is missing limits nothing; in a request it leaves what is there, and 0 takes the limit away.
package struct LimitsView: Codable, Sendable, Hashable {
  /// Resources alive.
  package var maxResources: Int?
  /// Of those, the ones that the cloud gives for nothing.
  package var maxFree: Int?
  /// Of those, the ones that cost something.
  package var maxPaid: Int?
  /// What they cost in an hour, a plain decimal such as `2.50`, in each currency on its own.
  package var maxHourly: String?
  /// Creates within any hour.
  package var maxCreatesPerHour: Int?

  /// Makes limits.
  package init(
    maxResources: Int? = nil, maxFree: Int? = nil, maxPaid: Int? = nil, maxHourly: String? = nil,
    maxCreatesPerHour: Int? = nil
  ) {
    self.maxResources = maxResources
    self.maxFree = maxFree
    self.maxPaid = maxPaid
    self.maxHourly = maxHourly
    self.maxCreatesPerHour = maxCreatesPerHour
  }

  /// Whether there is none.
  package var isEmpty: Bool { self == LimitsView() }
}

/// What an account has now, as its limits count it.
package struct UsageView: Codable, Sendable, Hashable {
  /// Resources alive.
  package var resources: Int
  /// Of those, the ones that the cloud gives for nothing: it told a price of 0.
  package var free: Int
  /// Of those, the ones that cost something, or for which the cloud told no price.
  package var paid: Int

  /// Makes the view from its fields.
  package init(resources: Int, free: Int, paid: Int) {
    self.resources = resources
    self.free = free
    self.paid = paid
  }
}
