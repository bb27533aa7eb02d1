import Conformance
import EvilPlugins
import Foundation
import PluginMessages
import System
import Testing

/// `slipway plugin check`, on plugins that keep the requirements and on those that break them.
@Suite struct PluginCheckTests {
  private func check(
    _ file: String, subject: CheckSubject = CheckSubject(), cloud: CheckCloud? = nil, patience: Int = 20
  ) async throws -> CheckReport {
    let reactor = try Reactor(name: "conformance")
    defer { reactor.stop() }
    let worker = EvilPlugin.products.appending(path: "slipway-worker").path
    var check = PluginCheck(file: file, worker: .path(worker), subject: subject, cloud: cloud)
    check.patience = patience
    return try await check.run(on: reactor)
  }

  private func broken(_ report: CheckReport) -> [String] {
    report.results.filter { $0.verdict == .broken }.map { "\($0.requirement.rawValue): \($0.details)" }
  }

  private func brokenNumbers(_ report: CheckReport) -> Set<Requirement> {
    Set(report.results.filter { $0.verdict == .broken }.map(\.requirement))
  }

  /// The first-party plugins, each with something that its cloud sells.
  static let own: [(file: String, type: String, location: String, image: String)] = [
    ("libHetzner.so", "cx23", "fsn1", "debian-12"), ("libVultr.so", "vc2-1c-1gb", "ewr", "debian-12"),
    ("libDigitalOcean.so", "s-1vcpu-1gb", "fra1", "debian-12"), ("libDocker.so", "c1-m512", "engine", "debian:12"),
  ]

  @Test(.timeLimit(.minutes(5)), arguments: own.map(\.file))
  func `Every first-party plugin keeps what can be seen without a cloud`(file: String) async throws {
    let plugin = try #require(Self.own.first { $0.file == file })
    let subject = CheckSubject(
      placement: PlacementSpec(type: plugin.type, location: plugin.location, image: plugin.image))
    let report = try await check(EvilPlugin.products.appending(path: file).path, subject: subject)
    #expect(report.holds, "\(broken(report))")
    let unseen = report.results.filter { $0.verdict == .unseen && !$0.requirement.needsCloud }
    #expect(unseen.isEmpty, "\(unseen)")
  }

  @Test(.timeLimit(.minutes(5)))
  func `The C example of the documentation keeps them too`() async throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: root.appending(path: "docs/plugin-abi.md"), encoding: .utf8)
    let start = try #require(text.range(of: "```c\n"))
    let end = try #require(text[start.upperBound...].range(of: "\n```"))
    let file = try EvilPlugin.build(text: String(text[start.upperBound..<end.lowerBound]), named: "pebble")
    let report = try await check(file)
    #expect(report.holds, "\(broken(report))")
  }

  @Test(
    .timeLimit(.minutes(5)),
    arguments: [
      ("GONE", [Requirement.serverError, .nonsense, .cut, .refused, .malformed]),
      ("SILENT", [.tooMany, .unauthorized]),
      ("CRASHES", [.answers]), ("NO_MESSAGE", [.replies]), ("WRITES", [.reads]), ("STRANGE_PATH", [.requests]),
      ("UNDECLARED", [.requests]), ("LAZY", [.tooMany]), ("TRUSTS_COOKIES", [.cookies]),
    ])
  func `A plugin that breaks a requirement is told which`(how: String, expected: [Requirement]) async throws {
    let report = try await check(try EvilPlugin.build("careless", how))
    #expect(!report.holds)
    #expect(brokenNumbers(report).isSuperset(of: expected), "\(broken(report))")
    for result in report.results where result.verdict == .broken { #expect(!result.details.isEmpty) }
  }

  @Test(
    .timeLimit(.minutes(5)),
    arguments: [
      ("SILENT", Requirement.answers, "without an answer"), ("TWICE", .answers, "a second time"),
      ("LOOPS", .answers, "until the deadline"), ("RUBBISH", .replies, "validate.reply.json"),
      ("FOREIGN", .replies, "validate.reply.json"), ("NO_REMEDY", .replies, "without a remedy"),
    ])
  func `A verb that sends no request has to answer all the same`(
    how: String, requirement: Requirement, words: String
  ) async throws {
    let report = try await check(try EvilPlugin.build("unasking", how), patience: 5)
    // Nothing else is blamed: not the verbs that answer, nor what could not be tried.
    #expect(brokenNumbers(report) == [requirement], "\(broken(report))")
    let details = report.results.first { $0.requirement == requirement }?.details ?? []
    #expect(details.contains { $0.contains("validate") && $0.contains(words) }, "\(details)")
  }

  @Test(.timeLimit(.minutes(5)))
  func `A plugin that sends no request and answers properly breaks nothing`() async throws {
    let report = try await check(try EvilPlugin.build("unasking"))
    #expect(report.holds, "\(broken(report))")
  }

  @Test(arguments: ["nosymbol"])
  func `What does not load breaks L1 alone, with the reason`(source: String) async throws {
    let report = try await check(try EvilPlugin.build(source))
    #expect(brokenNumbers(report) == [.loads])
    #expect(report.results.first?.details.first?.contains("slipway_plugin_entry") == true, "\(broken(report))")
  }

  @Test(.timeLimit(.minutes(5)))
  func `A file that is no plugin, whatever it is called, breaks L1, with the reason`() async throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "slipway-notes-\(UUID().uuidString)").path
    try "a text".write(toFile: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: file) }
    let report = try await check(file)
    #expect(brokenNumbers(report) == [.loads] && broken(report)[0].contains("is a text file"), "\(broken(report))")
  }

  @Test func `A file that is not there breaks L1, with its path`() async throws {
    let report = try await check("/nonexistent/acme.so")
    #expect(report.results.first?.details.first?.contains("/nonexistent/acme.so") == true)
  }

  @Test func `The documentation lists exactly the requirements that are checked`() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: root.appending(path: "docs/plugin-abi.md"), encoding: .utf8)
    let rows = text.split(separator: "\n").filter {
      $0.range(of: "^\\| [LAFC][0-9]+ \\|", options: .regularExpression) != nil
    }
    let expected = Requirement.allCases.map { "| \($0.rawValue) | \($0.text) |" }
    #expect(rows.map(String.init) == expected)
  }
}
