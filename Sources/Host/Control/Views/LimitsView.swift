/// What an account may have and make at most, as it is shown, and as a request changes it.
///
/// In a view a member that is missing limits nothing; in a request it leaves what is there, and 0 takes the limit away.
package struct LimitsView: Codable, Sendable, Hashable {
  /// Resources alive.
  package var maxResources: Int?
  /// What they cost in an hour, a plain decimal such as `2.50`, in each currency on its own.
  package var maxHourly: String?
  /// Creates within any hour.
  package var maxCreatesPerHour: Int?

  /// Makes limits.
  package init(maxResources: Int? = nil, maxHourly: String? = nil, maxCreatesPerHour: Int? = nil) {
    self.maxResources = maxResources
    self.maxHourly = maxHourly
    self.maxCreatesPerHour = maxCreatesPerHour
  }

  /// Whether there is none.
  package var isEmpty: Bool { self == LimitsView() }
}
