import Control
import Foundation
import Model
import Testing

@Suite struct DocumentationTests {
  private func page() throws -> String {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return try String(contentsOf: root.appending(path: "docs/control-api.md"), encoding: .utf8)
  }

  @Test func `docs/control-api.md lists every code with its status and exit code`() throws {
    let page = try page()
    for code in ControlCode.allCases {
      #expect(page.contains("| `\(code.rawValue)` | \(code.status) | \(code.exit.rawValue) | "), "\(code.rawValue)")
    }
  }

  @Test func `docs/control-api.md lists every field of a catalog and every state of a resource`() throws {
    let page = try page()
    for part in CatalogPart.allCases {
      let row = page.split(separator: "\n").first { $0.hasPrefix("| `\(part.rawValue)` | `name`") } ?? ""
      for field in part.fields { #expect(row.contains("`\(field.name)`"), "\(part.rawValue) \(field.name)") }
    }
    let table = page.split(separator: "\n").filter { $0.hasPrefix("| `") }.joined(separator: "\n")
    for state in ResourceState.names { #expect(table.contains("`\(state)`"), "\(state)") }
  }

  @Test(arguments: [
    "new account", "new credential", "new offering", "new resource", "new plugin", "approval", "new recipe", "rating",
    "upgrade",
  ])
  func `the example of each request body is one that is accepted`(name: String) throws {
    let page = try page()
    let section = page.components(separatedBy: "**\(name)**").dropFirst().first ?? ""
    let example =
      section.components(separatedBy: "```json\n").dropFirst().first?.components(separatedBy: "```").first ?? ""
    let body = Array(example.replacingOccurrences(of: "AAAA…", with: DecodingTests.ed25519.dropFirst(12)).utf8)
    switch name {
    case "new account": #expect(try RequestDecoding.account(body).endpoints["api"]?.unixSocket == "/run/x.sock")
    case "new credential": #expect(try !RequestDecoding.rotation(body).exposed.isEmpty)
    case "new offering": #expect(try RequestDecoding.offering(body).placements.count == 1)
    case "new plugin": #expect(try RequestDecoding.plugin(body) == "/tmp/libAcme.so")
    case "new recipe": #expect(try RequestDecoding.recipe(body).inputs?.count == 1)
    case "rating": #expect(try RequestDecoding.rating(body, of: "web").stars == 4)
    case "upgrade": #expect(try RequestDecoding.upgrade(body).recipeVersion == 3)
    case "approval": #expect(try RequestDecoding.approval(body).count == 64)
    default: #expect(try RequestDecoding.resource(body).expiresInS == 7200)
    }
  }
}
