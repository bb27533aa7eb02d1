import Core
import Foundation
import Model
import Store
import Testing

@testable import Daemon

/// Ledgers as earlier versions left them, checked in: each has to be read, and gone on from, for ever.
///
/// A schema that is raised needs a ledger of its own beside the others:
/// `SLIPWAY_FREEZE=1 swift test --filter FrozenLedgerTests` writes it.
@Suite struct FrozenLedgerTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Frozen").path
  /// Their names, oldest first.
  static let all = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter {
    $0.hasSuffix(".db")
  }.sorted()

  /// A copy to write to, and what reading it gives.
  private func open<Result>(_ name: String, _ body: (SQLiteLedger) async throws -> Result) async throws -> Result {
    let directory = FileManager.default.temporaryDirectory.appending(path: "frozen-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try FileManager.default.copyItem(atPath: "\(Self.folder)/\(name)", toPath: "\(directory)/ledger.db")
    let ledger = try SQLiteLedger(path: "\(directory)/ledger.db", options: LedgerOptions(reserveBytes: 0))
    defer { ledger.close() }
    return try await body(ledger)
  }

  /// Numbers of the schemas that a ledger's records have, by kind.
  private func schemas(_ ledger: SQLiteLedger) throws -> [String: Int] {
    struct Envelope: Decodable { var schema: Int }
    var found: [String: Int] = [:]
    for stored in try ledger.records(prefix: "") {
      found[stored.key.kind] = try JSONDecoder().decode(Envelope.self, from: Data(stored.value)).schema
    }
    return found
  }

  @Test(.enabled(if: ProcessInfo.processInfo.environment["SLIPWAY_FREEZE"] != nil, "writes a frozen ledger on request"))
  func `A ledger of the newest schemas is frozen`() async throws {
    let next = (Self.all.last.flatMap { Int($0.prefix(4)) } ?? 0) + 1
    let path = "\(Self.folder)/\(String(next + 10_000).dropFirst()).db"
    try FileManager.default.createDirectory(atPath: Self.folder, withIntermediateDirectories: true)
    let ledger = try SQLiteLedger(path: path, options: LedgerOptions(reserveBytes: 0))
    for (key, value) in try FrozenRecords().written {
      let result = await withCheckedContinuation { continuation in
        ledger.commit([LedgerWrite(key: key, expected: 0, value: value)]) { continuation.resume(returning: $0) }
      }
      try result.get()
    }
    ledger.close()
    for suffix in [".lock", ".reserve"] { unlink(path + suffix) }
  }

  @Test func `The newest one has every kind of record as it is written today, every state and every effect`()
    async throws
  {
    let newest = try #require(Self.all.last)
    try await open(newest) { ledger in
      #expect(
        try schemas(ledger) == RecordCodec.schemas,
        "a schema was raised: write a ledger of it with SLIPWAY_FREEZE=1, and keep the older ones")
      var found: [LedgerKey: Record] = [:]
      for stored in try ledger.records(prefix: "") { found[stored.key] = try RecordCodec.decode(stored) }
      #expect(found == (try FrozenRecords().core), "what was written is not what is read")
      let resources = found.values.compactMap { if case .resource(let resource) = $0 { resource } else { nil } }
      #expect(Set(resources.map(\.state.name)) == Set(ResourceState.names))
      let effects = Set(resources.flatMap { $0.pending.map(\.kind.name) })
      #expect(
        effects
          == Set(
            ["validate", "prepare", "provision", "terminate", "recipe", "recipe/cancel", "recipe/tidy"]
              + SecureStep.allCases.map { "secure/\($0.rawValue)" }
              + PowerAction.allCases.map { "power/\($0.rawValue)" }))
    }
  }

  @Test(arguments: all)
  func `Every keeper reads a ledger that an earlier version left`(name: String) async throws {
    try await open(name) { ledger in
      let registry = try Registry(ledger: ledger)
      let stored = try ledger.records(prefix: "")
      func count(_ kind: String) -> Int { stored.count { $0.key.kind == kind } }
      #expect(await registry.allAccounts.count == count("account"))
      #expect(await registry.allOfferings.count == count("offering"))
      #expect(await registry.standing("web")?.warnings.isEmpty == false)
      #expect(await registry.identity != nil)
      let library = try RecipeLibrary(ledger: ledger)
      #expect(await library.all.count == count("recipe"))
      #expect(await library.version(RecipeReference(recipe: "web", version: 3))?.body.bytes == Array("true\n".utf8))
      let findings = try FindingBook(ledger: ledger)
      #expect(await findings.all.count == count("finding"))
      let epoch = try await EpochBook(ledger: ledger, machine: nil, id: ULID(high: 1, low: 1), at: FrozenRecords.at)
      #expect(await epoch.isConfirmed)
      for kind in ["notice", "idempotency", "resource", "attempt"] {
        #expect(count(kind) > 0)
        for record in stored where record.key.kind == kind { #expect(try RecordCodec.decode(record) != nil) }
      }
    }
  }

  @Test(arguments: all)
  func `The engine goes on from a ledger that an earlier version left, and leaves nothing standing in the end`(
    name: String
  ) async throws {
    try await open(name) { ledger in
      let before = try ledger.records(prefix: "attempt/").compactMap { stored -> ULID? in
        if case .attempt(let attempt)? = try RecordCodec.decode(stored) { attempt.id } else { nil }
      }
      var world = try await FrozenWorld(ledger)
      let released = world.machines.filter { $0.resource.state == .released }.flatMap(\.resource.attempts)
      try await world.go(3_600_000)
      for machine in world.machines {
        let resource = machine.resource
        #expect(resource.state.isFinal || resource.state.isHandedOver, "\(resource.id) is \(resource.state)")
        #expect(resource.pending.isEmpty, "\(resource.id) waits for \(resource.pending.map(\.kind.name))")
        #expect(resource.openOperation == nil, "\(resource.id)")
      }
      for performed in world.performed where performed.name == "provision" {
        let isOld = performed.attempt.map(before.contains) == true
        #expect(!isOld || performed.hadLooked, "a create of an earlier start was sent again blindly")
      }
      #expect(!world.performed.contains { $0.name == "power/reboot" }, "a reboot was repeated")
      world.endAll()
      try await world.go(3_600_000)
      for machine in world.machines { #expect(machine.resource.state.isFinal, "\(machine.resource.state)") }
      #expect(Set(world.objects.keys) == Set(released))
      // And what it wrote is read again.
      var again = try await FrozenWorld(ledger)
      try await again.go(60_000)
      #expect(again.performed.isEmpty)
    }
  }
}
