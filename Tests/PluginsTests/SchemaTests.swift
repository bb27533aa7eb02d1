import Foundation
import PluginMessages
import Plugins
import Testing

@Suite struct SchemaTests {
  private func json(_ text: String) throws -> JSONValue {
    try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
  }

  private func violations(_ schema: String, _ value: String) throws -> [String] {
    try SchemaNode(json(schema)).violations(in: json(value)).map { "\($0.path): \($0.message)" }
  }

  @Test func `every rule says where it is broken and what would be right`() throws {
    let schema = """
      {"type":"object","required":["region"],"additionalProperties":false,"properties":{
       "region":{"enum":["fsn1","nbg1"]},"count":{"type":"integer","minimum":1,"maximum":4},
       "name":{"type":"string","minLength":2,"maxLength":4},"tags":{"type":"array","maxItems":1,"items":{"type":"string"}},
       "kind":{"const":"a"},"flag":{"type":["boolean","null"]}}}
      """
    #expect(
      try violations(schema, #"{"region":"fsn1","count":4,"name":"abc","tags":["x"],"kind":"a","flag":null}"#) == [])
    #expect(
      try violations(schema, #"{"count":5,"name":"a","tags":[1,"x"],"kind":"b","flag":1,"other":1}"#) == [
        "region: is required", "count: must be at most 4", "flag: must be boolean or null, found integer",
        "kind: must be a; found b", "name: must have at least 2 characters, found 1", "other: is not known here",
        "tags: must have at most 1 items, found 2", "tags[0]: must be string, found integer",
      ])
    let first = try SchemaNode(json(schema)).violations(in: json(#"{"region":"mars"}"#)).first
    #expect(
      first == Violation(path: "region", message: "must be one of fsn1, nbg1; found mars", allowed: ["fsn1", "nbg1"]))
  }

  @Test func `whole numbers are integers however they are written`() throws {
    #expect(try violations(#"{"type":"integer","enum":[1]}"#, "1.0") == [])
    #expect(try violations(#"{"type":"integer"}"#, "1.5") == [": must be integer, found number"])
    #expect(try violations(#"{"maximum":9223372036854775807}"#, "1e300") != [])
  }

  @Test(arguments: ["pattern", "$ref", "oneOf", "format", "if", "minProperties"])
  func `a keyword that the host cannot check refuses the schema`(keyword: String) throws {
    let error = #expect(throws: SchemaFault.self) {
      try SchemaNode(json(#"{"properties":{"a":{"\#(keyword)":"x"}}}"#))
    }
    #expect(error?.path == "properties.a.\(keyword)")
  }

  @Test func `a schema that nests without end is refused`() throws {
    var schema = JSONValue.object([:])
    for _ in 0..<200 { schema = .object(["items": schema]) }
    #expect(throws: SchemaFault.self) { try SchemaNode(schema) }
  }

  @Test func `a manifest is clamped to its ranges and cleaned of control characters`() throws {
    let text =
      #"{"id":"x","name":"X\u001b[31m","version":"1.0.0","max_concurrency":9223372036854775807,"max_poll_batch":-5,"settle_window_s":-1,"late_window_s":9223372036854775807,"unknown":1}"#
    let manifest = try CheckedManifest(Array(text.utf8), id: "x", version: "1.0.0").manifest
    #expect(manifest.name == "X[31m" && manifest.maxConcurrency == 64 && manifest.maxPollBatch == 1)
    #expect(manifest.settleWindowS == 0 && manifest.lateWindowS == 30 * 86_400)
  }

  @Test func `a manifest that cannot be held to its word is refused with every reason`() {
    func problems(_ text: String) -> [String] {
      do throws(ManifestFault) {
        _ = try CheckedManifest(Array(text.utf8), id: "x", version: "1.0.0")
        return []
      } catch { return error.problems }
    }
    #expect(problems("{").first?.hasPrefix("the manifest is malformed") == true)
    #expect(problems(#"{"id":"x","name":"X"}"#) == ["the manifest is malformed: version is missing in the root"])
    #expect(problems(#"{"id":"x","name":"X","version":"1.0.0","max_concurrency":1e300}"#).count == 1)
    let bad = problems(
      #"{"id":"X Y","name":"X","version":"2","network":"wild","ssh_user":"a b","endpoints":[{"name":"api","base_url":"ftp://h","auth":{"kind":"header"}},{"name":"api","auth":{"kind":"none"}}],"routes":{"fly":[{"method":"EAT","path":"x","endpoint":"no"}]},"post_reads":["//x"]}"#
    )
    #expect(bad.count == 13, "\(bad)")
  }
}
