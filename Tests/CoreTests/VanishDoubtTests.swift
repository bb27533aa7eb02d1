@testable import Core
import Model
import Testing

/// What is believed where much vanishes at once.
@Suite struct VanishDoubtTests {
  private static func attempt(_ number: Int) -> ULID { ULID(high: 1, low: UInt64(number)) }
  private static func resource(_ number: Int) -> ULID { ULID(high: 2, low: UInt64(number)) }

  private func take(
    _ doubt: inout VanishDoubt, gone: ClosedRange<Int>?, standing: ClosedRange<Int>? = nil, at minute: Int64
  ) -> Set<ULID> {
    let absent = (gone.map(Array.init) ?? []).map { (Self.attempt($0), Self.resource($0)) }
    return doubt.take(
      Dictionary(uniqueKeysWithValues: absent), standing: (standing.map(Array.init) ?? []).map(Self.attempt), limit: 3,
      patience: 1_800_000, at: Instant(ms: minute * 60_000))
  }

  @Test func `few at once are believed`() {
    var doubt = VanishDoubt()
    #expect(take(&doubt, gone: 1...3, at: 0).isEmpty)
    #expect(doubt.resources.ids.isEmpty && doubt.resources.since == nil)
  }

  @Test func `many at once are believed once every look has said so for half an hour, and not before`() {
    var doubt = VanishDoubt()
    for minute: Int64 in [0, 1, 15, 29] {
      #expect(take(&doubt, gone: 1...5, standing: 6...8, at: minute).count == 5)
      #expect(doubt.resources.ids.count == 5 && doubt.resources.since == Instant(ms: 0))
    }
    #expect(take(&doubt, gone: 1...5, standing: 6...8, at: 30).isEmpty)
    #expect(take(&doubt, gone: 1...5, standing: 6...8, at: 31).isEmpty, "it stays so")
    _ = take(&doubt, gone: nil, standing: 6...8, at: 60)
    #expect(doubt.resources.ids.isEmpty, "what was believed is forgotten")
  }

  @Test func `what is shown again was never gone, and those left are believed where they are few`() {
    var doubt = VanishDoubt()
    #expect(take(&doubt, gone: 1...5, at: 0).count == 5)
    #expect(take(&doubt, gone: nil, standing: 1...3, at: 10).isEmpty)
    #expect(doubt.resources.ids == [Self.resource(4), Self.resource(5)])
    #expect(take(&doubt, gone: 4...5, standing: 1...3, at: 11).isEmpty)
    #expect(doubt.resources.ids.isEmpty)
    #expect(take(&doubt, gone: 1...5, at: 29).count == 5, "its half hour begins anew")
    #expect(take(&doubt, gone: 1...5, at: 31).count == 5)
  }

  @Test func `many that vanish a few in each look are as many`() {
    var doubt = VanishDoubt()
    #expect(take(&doubt, gone: 1...4, at: 0).count == 4)
    #expect(take(&doubt, gone: 5...6, at: 1).count == 2)
    #expect(take(&doubt, gone: 1...4, at: 30).isEmpty)
    #expect(take(&doubt, gone: 5...6, at: 30).isEmpty, "two are few")
  }
}
