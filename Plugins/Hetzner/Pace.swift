import PluginKit

extension Pace {
  /// After a create: servers of most types are up after 8 to 12 s.
  var created: Int64 { next(after: 8_000) }
  /// After a start, a stop.
  var changed: Int64 { next(after: 3_000) }
  /// After a delete.
  var deleted: Int64 { next(after: 3_000, grid: Self.grid * 3) }
  /// While actions are still outstanding.
  var outstanding: Int64 { next(after: 2_000) }
}
