import Model
import Testing

@Test func `a ULID reads back from its text and sorts like it`() {
  var random = Randomness(seed: 7)
  var last: ULID?
  for step in 0..<1_000 {
    let id = random.id(at: Instant(ms: 1_700_000_000_000 + Int64(step)))
    #expect(id.description.count == 26)
    #expect(ULID(id.description) == id)
    #expect(ULID(id.description.lowercased()) == id)
    if let last { #expect(last < id && last.description < id.description) }
    last = id
  }
}

@Test func `a ULID of known bits has the text that its specification gives`() {
  #expect(ULID(high: 0, low: 0).description == "00000000000000000000000000")
  #expect(ULID(high: .max, low: .max).description == "7ZZZZZZZZZZZZZZZZZZZZZZZZZ")
  #expect(ULID(high: 0x0123_4567_89ab_cdef, low: 0xfedc_ba98_7654_3210).description == "014D2PF2DBSQQZXQ5TK1V58CGG")
}

@Test(arguments: ["", "0", "8ZZZZZZZZZZZZZZZZZZZZZZZZZ", "01HF7YAYNFGJX1X0QDSQ67XKPU", "01HF7YAYNFGJX1X0QDSQ67XKPQ0"])
func `what is no ULID is refused`(text: String) {
  #expect(ULID(text) == nil)
}

@Test func `prices are read exactly and never understated`() {
  #expect(Money(decimal: "0.0060000000")?.micros == 6_000)
  #expect(Money(decimal: "4.99")?.micros == 4_990_000)
  #expect(Money(decimal: "0.0000001")?.micros == 1)
  #expect(Money(decimal: "12")?.micros == 12_000_000)
  #expect(Money(decimal: "4.5")?.description == "4.50")
  #expect(Money(decimal: "0.006")?.description == "0.006")
  for bad in ["", ".", "-1", "1e3", " 1", "1,5", "1.", "9999999999999"] { #expect(Money(decimal: bad) == nil) }
}

@Test func `instants saturate instead of trapping`() {
  #expect(Instant(ms: .max) + 1 == Instant(ms: .max))
  #expect(Instant(ms: .min) + -1 == Instant(ms: .min))
  #expect(Instant(ms: .max) - Instant(ms: -1) == .max)
}
