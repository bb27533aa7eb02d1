import Control
import Core
import Crypto
import Foundation
import Model
import System
import Testing

@testable import Daemon

@Suite struct RecipeTests {
  private let ledger = TableLedger()

  private func version(_ number: Int, of name: String = "web", inputs: [RecipeInput] = []) -> RecipeVersion {
    let body = Array("#!/bin/sh\necho \(number)\n".utf8)
    return RecipeVersion(
      recipe: name, number: number, interpreter: "/bin/sh", body: RecipeBody(body), sha256: SHA256.hex(body),
      inputs: inputs,
      idempotent: true, timeoutMs: 900_000, notes: "", addedAt: Instant(ms: 1))
  }

  private func recipe(_ name: String = "web", latest: Int = 1) -> Recipe {
    Recipe(name: name, description: "", author: "", createdAt: Instant(ms: 0), latest: latest)
  }

  private func vault() throws -> Vault {
    let seal = Seal(current: try SealingKey.generate())
    let installation = try Vault.newInstallation(id: ULID(high: 1, low: 1), seal: seal)
    return Vault(seal: seal, key: try Vault.sshKey(of: installation, seal: seal)) { _ in "" }
  }

  @Test func `recipes, versions and ratings are there after a restart`() async throws {
    let library = try RecipeLibrary(ledger: ledger)
    try await library.add(recipe(), version(1))
    try await library.add(recipe(latest: 2), version(2))
    for stars in [2, 5] {
      try await library.rate(
        RecipeRating(recipe: "web", version: 2, tenant: "joe/é", stars: stars, comment: "", at: Instant(ms: 2)))
    }
    let again = try RecipeLibrary(ledger: ledger)
    #expect(await again.all == [recipe(latest: 2)])
    #expect(await again.versions(of: "web") == [version(1), version(2)])
    #expect(await again.ratings(of: "web").map(\.stars) == [5])
  }

  @Test func `a version is never written twice`() async throws {
    let library = try RecipeLibrary(ledger: ledger)
    try await library.add(recipe(), version(1))
    await #expect(throws: LedgerError.self) { try await library.add(recipe(), version(1)) }
    #expect(await library.version(RecipeReference(recipe: "web", version: 1)) == version(1))
  }

  @Test func `a recipe with many versions goes whole, and its name can be used again`() async throws {
    let library = try RecipeLibrary(ledger: ledger)
    for number in 1...150 { try await library.add(recipe(latest: number), version(number)) }
    #expect(try await library.remove("web") { nil } == nil)
    #expect(try ledger.records(prefix: "recipe").isEmpty)
    try await library.add(recipe(), version(1))
    #expect(await library.versions(of: "web").count == 1)
  }

  @Test func `what a removal left when it was cut off is no recipe, and is swept`() async throws {
    let first = try RecipeLibrary(ledger: ledger)
    try await first.add(recipe(), version(1))
    // The host died after the recipe's own record was gone.
    await withCheckedContinuation { done in
      ledger.commit([LedgerWrite(key: LedgerKey("recipe", "web"), expected: 1, value: nil)]) { _ in done.resume() }
    }
    let library = try RecipeLibrary(ledger: ledger)
    #expect(await library.all.isEmpty)
    try await library.add(recipe(), version(1))
    #expect(await library.versions(of: "web").count == 1)
  }

  @Test func `a recipe that is held or needed stays, and one that is leaving cannot be held`() async throws {
    let library = try RecipeLibrary(ledger: ledger)
    try await library.add(recipe(), version(1))
    #expect(await library.hold("web"))
    #expect(try await library.remove("web") { nil } == "an order that is being accepted")
    await library.release("web")
    let asked = try await library.remove("web") {
      #expect(await !library.hold("web"))
      return "offerings small"
    }
    #expect(asked == "offerings small")
    #expect(await library.hold("web"))
  }

  @Test func `secret values open for their own use of their own script alone`() throws {
    let vault = try vault()
    var use = RecipeUse(id: ULID(high: 1, low: 2), of: version(1))
    use.sealed = [try vault.seal("hunter2", input: "PASSWORD", of: use)]
    #expect(try vault.secrets(of: use)["PASSWORD"]?.text() == "hunter2")
    var other = use
    other.sha256 = version(2).sha256
    #expect(throws: (any Error).self) { try vault.secrets(of: other) }
    other = use
    other.id = ULID(high: 1, low: 3)
    #expect(throws: (any Error).self) { try vault.secrets(of: other) }
    #expect(try vault.digest(of: [1]) == vault.digest(of: [1]))
    #expect(try vault.digest(of: [1]) != SHA256.hex([1]))
  }

  @Test func `what an offering settles stays, an order adds the rest, an upgrade keeps what fits`() async throws {
    let library = try RecipeLibrary(ledger: ledger)
    let inputs = [
      RecipeInput(name: "PORT", kind: .integer, defaultValue: "80"), RecipeInput(name: "NAME", required: true),
      RecipeInput(name: "PASSWORD", required: true, secret: true),
    ]
    try await library.add(recipe(), version(1, inputs: inputs))
    let vault = try vault()
    let desk = RecipeDesk(library: library, vault: vault, clock: HostClock { Instant(ms: 5) })
    let offered = try await desk.use(
      OfferingRecipe(RecipeName("web"), inputs: GivenInputs(secret: ["PASSWORD": Credential("hunter2")])), of: "small")
    #expect(offered.version == 1 && offered.values == [:] && offered.sealed.map(\.name) == ["PASSWORD"])
    await #expect(throws: ControlFailure.self) { try await desk.use(offered, with: GivenInputs(), for: "small") }
    let kept = try await desk.use(offered, with: GivenInputs(plain: ["NAME": "x"]), for: "small")
    #expect(kept.values == ["NAME": "x", "PORT": "80"])
    #expect(try vault.secrets(of: kept)["PASSWORD"]?.text() == "hunter2")
    try await library.add(
      recipe(latest: 2),
      version(
        2, inputs: [RecipeInput(name: "NAME", required: true), inputs[2], RecipeInput(name: "TLS", kind: .boolean)]))
    let next = try await desk.upgrade(
      of: kept, to: nil, with: GivenInputs(plain: ["TLS": "true"]), for: "resource")
    #expect(next.version == 2 && next.values == ["NAME": "x", "TLS": "true"])
    #expect(try vault.secrets(of: next)["PASSWORD"]?.text() == "hunter2")
  }

  @Test(arguments: [
    ("#!/bin/sh\nset -e\nif true; then\n", "syntax"), ("#!/bin/bash\nset -e\necho ${\n", "syntax"),
    ("#!/usr/bin/env python3\nimport os\nif True print(1)\n", "syntax"), ("#!/usr/bin/env python3\nprint(1)\n", nil),
    ("#!/bin/bash\nset -e\n[[ a == b ]] || echo no\n", nil),
  ])
  func `syntax is checked by the language's own tool, which never runs the script`(script: String, code: String?)
    async throws
  {
    let reactor = try Reactor(name: "lint")
    let report = await RecipeChecker(on: reactor).check(Array(script.utf8))
    let errors = report.findings.filter { $0.severity == .error }
    #expect(errors.map(\.code) == (code.map { [$0] } ?? []), "\(report)")
    if code != nil { #expect((errors.first?.line ?? 0) >= 2, "\(report)") }
  }

  @Test(.enabled(if: ToolRun.find("shellcheck") != nil, "shellcheck is not installed"))
  func `what shellcheck says is a warning at its line, and stands in nobody's way`() async throws {
    let script = "#!/bin/sh\nset -e\nfile=$1\ncat $file\n"
    let report = await RecipeChecker(on: try Reactor(name: "lint")).check(Array(script.utf8))
    #expect(report.findings.contains { $0.code == "SC2086" && $0.line == 4 && $0.severity == .warning }, "\(report)")
    #expect(!report.findings.contains { $0.severity == .error } && report.checked.contains("shellcheck"), "\(report)")
  }

  @Test func `a checker that does not end is ended, and its output is bounded`() async throws {
    let reactor = try Reactor(name: "tool")
    let report = try await ToolRun.run(
      "/bin/sh", ["-c", "yes & wait"], input: [1], deadline: .milliseconds(300), on: reactor)
    #expect(report.status == nil && report.output.count == ToolRun.mostOutput)
    let whole = [UInt8](repeating: 97, count: 200_000)
    let echoed = try await ToolRun.run("/bin/cat", [], input: whole, deadline: .seconds(20), on: reactor)
    #expect(echoed.status == .exited(0) && echoed.output == whole)
    let deaf = try await ToolRun.run("/bin/true", [], input: whole, deadline: .seconds(20), on: reactor)
    #expect(deaf.status == .exited(0) && deaf.output.isEmpty)
  }
}
