/// An account's budget of requests to its cloud.
package struct BudgetView: Codable, Sendable, Hashable {
  /// Requests an hour.
  package var perHour: Int
  /// What is left of them now.
  package var left: Int
  /// What of that is kept for each class of requests: `ending`, `provision`, `poll`, `catalog`.
  package var reserved: [String: Int]
  /// Requests held back since the host started.
  package var held: Int
  /// When the cloud last said what is left; nil: it has not since the host started.
  package var heardAt: Timestamp?

  /// Makes the view from its fields.
  package init(perHour: Int, left: Int, reserved: [String: Int], held: Int, heardAt: Timestamp? = nil) {
    self.perHour = perHour
    self.left = left
    self.reserved = reserved
    self.held = held
    self.heardAt = heardAt
  }
}
