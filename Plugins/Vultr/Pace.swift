import PluginKit

extension Pace {
  /// After a create: instances are up after about a minute, small ones sooner.
  var created: Int64 { next(after: 15_000) }
  /// While an instance is being made.
  var outstanding: Int64 { next(after: 5_000) }
  /// After a start, a stop.
  var changed: Int64 { next(after: 3_000) }
  /// After a delete: a look that comes too soon costs a request and shows nothing.
  var deleted: Int64 { next(after: 5_000, grid: Self.grid * 3) }
}
