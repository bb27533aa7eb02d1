import Core
import Daemon
import Model
import Testing

@Test func `An offering from before recipes is read as one without`() throws {
  let old =
    #"{"schema":1,"record":{"name":"small","placements":[],"readiness":"ssh","provisionDeadlineMs":60000,"addedAt":1}}"#
  let stored = LedgerRecord(key: LedgerKey("offering", "small"), version: 1, value: Array(old.utf8))
  let offering = try RecordCodec.decode(Offering.self, stored)
  #expect(offering.recipe == nil && offering.readiness == .ssh)
}

@Test func `A record of a schema that is not known is refused with what to do`() throws {
  for schema in [0, 3] {
    let stored = LedgerRecord(
      key: LedgerKey("offering", "small"), version: 1, value: Array(#"{"schema":\#(schema),"record":{}}"#.utf8))
    let error = #expect(throws: UnreadableRecord.self) { try RecordCodec.decode(Offering.self, stored) }
    #expect(error?.description.contains("start the version of slipway that wrote it") == true)
  }
}

@Test func `An offering with a recipe comes back from the ledger as it was`() throws {
  let use = RecipeUse(
    id: ULID(high: 1, low: 2), recipe: "web", version: 3, sha256: String(repeating: "a", count: 64),
    values: ["DOMAIN": "example.com"], sealed: [SealedSecret(name: "PASSWORD", box: "AAAA")], idempotent: true,
    timeoutMs: 900_000)
  let offering = Offering(
    name: "small", placements: [], readiness: .recipe, provisionDeadlineMs: 60_000, recipe: use)
  let stored = LedgerRecord(
    key: LedgerKey("offering", "small"), version: 1, value: try RecordCodec.encode(offering, kind: "offering"))
  #expect(try RecordCodec.decode(Offering.self, stored) == offering)
}
