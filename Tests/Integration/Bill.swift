import Control
import Foundation
import Testing

extension SimulatedCloud {
  /// After the end of the only machine that was ordered: nothing else was ever made, nothing stands, and the time that the
  /// cloud charges is the time that the host's record has.
  ///
  /// The cloud counts every begun second from its create to its delete. The host's record is exact to a millisecond, and
  /// holds when it asked and when it knew: the create lies between `dispatched` and `id_known`, the delete between
  /// `end_requested` and `ended`.
  func closes(_ machine: String?, _ view: ResourceView?, _ at: Comment = "the bill") async throws {
    let servers = try await admin("ledger")["servers"] as? [[String: Any]] ?? []
    #expect(servers.map { $0["id"] as? String } == [machine], at)
    let rungs = try #require(view, at).rungs
    let charged = try #require(servers.first?["seconds"] as? Int64, at) * 1_000
    _ = try #require(servers.first?["deleted_ms"] as? Int64, "it still stands; \(at)")
    func span(_ from: String, _ to: String) throws -> Int64 {
      try #require(rungs[to], "no \(to); \(at)").ms - #require(rungs[from], "no \(from); \(at)").ms
    }
    let (least, most) = (try span("id_known", "end_requested"), try span("dispatched", "ended"))
    #expect(charged >= least - 1 && charged <= most + 1_001, "charged \(charged) ms, \(rungs); \(at)")
  }
}
