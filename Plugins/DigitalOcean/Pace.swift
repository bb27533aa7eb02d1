import PluginKit

extension Pace {
  /// After a create: droplets are active after 12 to 25 s. On a busy account, where a look is shared, it waits for most of
  /// them: one that shows no tags yet costs a request of its own.
  var created: Int64 { next(after: isBusy ? 18_000 : 12_000) }
  /// While a droplet is being made.
  var outstanding: Int64 { next(after: 3_000) }
  /// After a start, a stop.
  var changed: Int64 { next(after: 3_000) }
  /// After a delete: nobody waits, and one page of actions proves the end of many.
  var deleted: Int64 { next(after: 4_000, grid: Self.grid * 3) }
}
