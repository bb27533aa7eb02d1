/// When a look is worth its request, in milliseconds.
enum Pace {
  /// After a create: servers of most types are up after 8 to 15 s.
  static let created: Int64 = 8_000
  /// After a delete, a start, a stop.
  static let changed: Int64 = 3_000
  /// While actions are still outstanding.
  static let outstanding: Int64 = 2_000
  /// When nothing is expected to change.
  static let steady: Int64 = 60_000
}
