import Conformance
import EvilPlugins
import Foundation
import System
import Testing

/// Plugins of every released version of the ABI, on the host of today.
@Suite struct GoldenTests {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Golden")

  static let versions: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []).filter { $0.first?.isNumber == true }

  private func check(_ file: String) async throws -> CheckReport {
    let reactor = try Reactor(name: "golden")
    defer { reactor.stop() }
    let worker = EvilPlugin.products.appending(path: "slipway-worker").path
    return try await PluginCheck(file: file, worker: .path(worker)).run(on: reactor)
  }

  private func text(_ version: String, _ name: String) throws -> String {
    try String(contentsOf: Self.root.appending(path: "\(version)/\(name)"), encoding: .utf8)
  }

  @Test func `The golden set begins with 1.0`() { #expect(Self.versions.contains("1.0")) }

  @Test(.timeLimit(.minutes(5)), arguments: versions)
  func `A plugin built then still serves`(version: String) async throws {
    #if arch(x86_64)
      let report = try await check(Self.root.appending(path: "\(version)/libPebble-x86_64.so").path)
      #expect(report.holds && report.plugin == "pebble 1.0.0", "\(report)")
    #endif
  }

  @Test(.timeLimit(.minutes(5)), arguments: versions)
  func `Its source, built with its own header today, serves as well`(version: String) async throws {
    let file = try EvilPlugin.build(
      text: text(version, "pebble.c"), named: "golden-\(version)",
      includes: Self.root.appending(path: version).path)
    #expect(try await check(file).holds)
  }

  /// Prints the offset of every field of every struct of a header, in order.
  private func layout(_ header: String, includes: String) throws -> [String] {
    var lines: [String] = []
    for name in ["span", "http_request", "http_response", "host", "plugin"] {
      guard let start = header.range(of: "struct slipway_\(name) {"),
        let end = header[start.upperBound...].range(of: "\n}")
      else { throw CocoaError(.fileReadCorruptFile) }
      let body = header[start.upperBound..<end.lowerBound]
        .replacing(try Regex("/\\*.*?\\*/").dotMatchesNewlines(), with: "")
      for field in body.matches(of: try Regex("(?:\\(\\*(\\w+)\\)\\([^;]*|(\\w+));")) {
        let word = field.output[1].substring ?? field.output[2].substring ?? ""
        lines.append(#"printf("\#(name).\#(word) %zu\n", offsetof(slipway_\#(name), \#(word)));"#)
      }
    }
    let source = """
      #include <stddef.h>
      #include <stdio.h>
      #include "slipway_plugin.h"
      int main(void) {
        \(lines.joined(separator: "\n  "))
        return 0;
      }
      """
    return try EvilPlugin.run(program: source, includes: includes).split(separator: "\n").map(String.init)
  }

  @Test(arguments: versions)
  func `No field has moved since`(version: String) throws {
    let then = try layout(
      text(version, "slipway_plugin.h"), includes: Self.root.appending(path: version).path)
    let include = Self.root.deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Sources/PluginABI/include")
    let header = try String(contentsOf: include.appending(path: "slipway_plugin.h"), encoding: .utf8)
    let now = try layout(header, includes: include.path)
    #expect(then.count > 40 && Set(then).isSubset(of: Set(now)), "\(Set(then).subtracting(now))")
  }
}
