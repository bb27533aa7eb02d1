import Core
import Foundation
import Testing

@testable import Store

/// What in a log is damage, over logs that SQLite wrote.
@Suite struct WALDamageTests {
  private static let frame = 24 + 8_192

  private func find(_ log: [UInt8]) -> WALDamage? { log.withUnsafeBytes { WALDamage.find($0, pageSize: 8_192) } }

  /// A log of commits of one to some frames each.
  private func log(_ commits: Int) async throws -> [UInt8] {
    try await withScratch { directory in
      let ledger = try SQLiteLedger(path: "\(directory)/ledger", options: LedgerOptions(reserveBytes: 0))
      defer { ledger.close() }
      for number in 0..<commits {
        #expect(await ledger.put("k/\(number)", 0, String(repeating: "x", count: 10 + number % 3 * 9_000)) == nil)
      }
      return Array(try Data(contentsOf: URL(filePath: "\(directory)/ledger-wal")))
    }
  }

  private func start(_ frame: Int) -> Int { 32 + frame * Self.frame }
  private func isEnd(_ log: [UInt8], _ frame: Int) -> Bool { log[start(frame) + 4..<start(frame) + 8] != [0, 0, 0, 0] }

  @Test func `a whole log, and one that ends anywhere, are none`() async throws {
    let log = try await log(12)
    #expect(find(log) == nil)
    var random = SeededRandom(seed: 1)
    for _ in 0..<200 { #expect(find(Array(log.prefix(Int.random(in: 0...log.count, using: &random)))) == nil) }
  }

  @Test func `frames of the last commit that are there in any choice are none`() async throws {
    let log = try await log(12)
    let count = (log.count - 32) / Self.frame
    let first = try #require((0..<count - 1).last { isEnd(log, $0) }) + 1
    var random = SeededRandom(seed: 2)
    for seed in 0..<200 {
      var torn = log
      for sector in stride(from: start(first), to: log.count, by: 512) where Bool.random(using: &random) {
        for place in sector..<min(sector + 512, log.count) { torn[place] = UInt8.random(in: 0...255, using: &random) }
      }
      #expect(find(torn) == nil, "\(seed)")
    }
  }

  @Test func `a longer torn commit behind a shorter one that was written over its beginning is none`() async throws {
    // Both logs go on from the same commits by hand: the tail of one behind the other's last frame.
    let log = try await log(12)
    let count = (log.count - 32) / Self.frame
    let last = try #require((0..<count - 1).last { isEnd(log, $0) })
    var stale = log
    stale.replaceSubrange(start(last) + 24..<start(last) + 32, with: [1, 2, 3, 4, 5, 6, 7, 8])
    stale.replaceSubrange(start(last) + 16..<start(last) + 24, with: [1, 2, 3, 4, 5, 6, 7, 8])
    #expect(find(stale) == nil)
  }

  @Test func `frames of an older use of the log are none`() async throws {
    let log = try await log(12)
    let other = try await self.log(4)
    #expect(find(other + log[other.count...]) == nil)
  }

  @Test func `one bit anywhere before the last two commits is damage, and is placed`() async throws {
    let log = try await log(12)
    let count = (log.count - 32) / Self.frame
    let ends = (0..<count).filter { isEnd(log, $0) }
    let most = start(ends[ends.count - 3] + 1)
    var random = SeededRandom(seed: 3)
    for _ in 0..<300 {
      let place = Int.random(in: 0..<most, using: &random)
      var damaged = log
      damaged[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
      let found = find(damaged)
      #expect(found?.place == (place < 32 ? 0 : start((place - 32) / Self.frame)), "byte \(place)")
    }
  }

  @Test func `any bytes are looked through`() {
    var random = SeededRandom(seed: 4)
    for _ in 0..<500 {
      var bytes = (0..<Int.random(in: 0...40_000, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random)
      }
      if bytes.count >= 12, Bool.random(using: &random) {
        bytes.replaceSubrange(0..<12, with: [0x37, 0x7F, 0x06, 0x82, 0, 0x2D, 0xE2, 0x18, 0, 0, 0x20, 0])
      }
      #expect(find(bytes) == nil)
    }
  }
}
