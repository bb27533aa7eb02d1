import Foundation
import PluginABI
import PluginMessages
import Synchronization
import Testing

/// The C example of docs/plugin-abi.md: compiled as a reader would, loaded, and run.
@Suite(.serialized) struct ExampleTests {
  /// The example's table, loaded once: a plugin is never unloaded.
  private static let loaded = Mutex<Result<UInt, any Error>?>(nil)

  private struct Problem: Error, CustomStringConvertible { var description: String }

  private func plugin(_ host: FakeHost) throws -> slipway_plugin {
    let entry = try Self.loaded.withLock { loaded in
      let result = loaded ?? Result { try Self.load() }
      loaded = result
      return try result.get()
    }
    typealias Entry = @convention(c) (UnsafePointer<slipway_host>?) -> UnsafePointer<slipway_plugin>?
    let function = unsafeBitCast(entry, to: Entry.self)
    return try #require(function(host.table)).pointee
  }

  private static func load() throws -> UInt {
    let text = try Repository.text("docs/plugin-abi.md")
    guard let start = text.range(of: "```c\n"), let end = text[start.upperBound...].range(of: "\n```") else {
      throw Problem(description: "docs/plugin-abi.md has no C example")
    }
    let folder = try Repository.scratch()
    defer { try? FileManager.default.removeItem(at: folder) }
    let source = folder.appendingPathComponent("pebble.c")
    let built = folder.appendingPathComponent("libPebble.so").path
    try text[start.upperBound..<end.lowerBound].write(to: source, atomically: true, encoding: .utf8)
    let compiled = try Repository.run(
      "cc",
      [
        "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-O1", "-fPIC", "-shared", "-fvisibility=hidden",
        "-I", Repository.root.appendingPathComponent("Sources/PluginABI/include").path, "-o", built, source.path,
      ])
    guard compiled.status == 0 else { throw Problem(description: compiled.output) }
    let symbols = try Repository.run("nm", ["-D", "--defined-only", built])
    guard symbols.output.split(separator: "\n").count == 1 else { throw Problem(description: symbols.output) }
    guard let handle = dlopen(built, RTLD_NOW | RTLD_LOCAL), let entry = dlsym(handle, "slipway_plugin_entry") else {
      throw Problem(description: String(cString: dlerror()))
    }
    return UInt(bitPattern: entry)
  }

  private let ulid = "01J0000000000000000000000A"
  private var account: String { #""account":{"id":"a","installation_id":"inst"}"# }

  @Test func `The example loads, and its manifest is what the schema asks for`() throws {
    let table = try plugin(FakeHost())
    #expect(table.abi_chosen == 0x1_0000)
    #expect(text(table.id) == "pebble")
    let manifest = Data(text(table.manifest).utf8)
    #expect(try Schema("manifest").violations(of: try JSONSerialization.jsonObject(with: manifest)) == [])
    #expect(try JSONDecoder().decode(PluginManifest.self, from: manifest).id == "pebble")
  }

  @Test func `The example refuses a host of another version`() throws {
    let host = FakeHost(abiMin: 7, abiMax: 9)
    #expect(try plugin(host).abi_chosen == 0 || host.state.withLock { $0.refusal } != nil)
  }

  @Test func `The example makes a machine, looks at it and ends it`() throws {
    let host = FakeHost()
    let table = try plugin(host)
    let machine = #"{"id":"m-1","name":"vm","attempt":"\#(ulid)","state":"up","ip":"192.0.2.7"}"#

    host.state.withLock { $0.response = (2, 201, "", machine, "", 0) }
    let made = try #require(
      host.run(
        table.provision,
        "{\(account),\"attempt_id\":\"\(ulid)\",\"operation_id\":\"O\",\"resource_id\":\"R\",\"name\":\"vm\","
          + "\"user_data\":\"#!\\n\\\"name\\\":\"}"))
    #expect(made.code == nil && made.object["external_id"] as? String == "m-1")
    try conforms(made, "provision.reply")
    let sent = try #require(host.state.withLock { $0.requests.last })
    #expect(sent.contains(##"{"name":"vm","attempt":"\##(ulid)","installation":"inst","user_data":"#!\n\"name\":"}"##))

    host.state.withLock { $0.response = (2, 200, "", machine, "", 0) }
    let entry = "{\"attempt_id\":\"\(ulid)\",\"name\":\"vm\",\"external_id\":\"m-1\"}"
    let running = try #require(host.run(table.poll, "{\(account),\"entries\":[\(entry)]}"))
    try conforms(running, "poll.reply")
    #expect(running.json.contains(#""state":"running""#) && running.json.contains("192.0.2.7"))

    let ending = "{\(account),\"attempt_id\":\"\(ulid)\",\"name\":\"vm\",\"external_id\":\"m-1\"}"
    let terminating = try #require(host.run(table.terminate, ending))
    try conforms(terminating, "terminate.reply")
    #expect(terminating.object["state"] as? String == "terminating")

    host.state.withLock { $0.response = (2, 404, "", "{}", "", 0) }
    let gone = try #require(host.run(table.poll, "{\(account),\"entries\":[\(entry)]}"))
    #expect(gone.json.contains(#""state":"gone""#) && gone.json.contains("by_id"))
    try conforms(gone, "poll.reply")
  }

  @Test func `The example never deletes what is not its own`() throws {
    let host = FakeHost()
    let table = try plugin(host)
    host.state.withLock { $0.response = (2, 200, "", #"{"id":"m-1","attempt":"somebody"}"#, "", 0) }
    let ending = "{\(account),\"attempt_id\":\"\(ulid)\",\"name\":\"vm\",\"external_id\":\"m-1\"}"
    #expect(try #require(host.run(table.terminate, ending)).code == FailureCode.nameTaken.rawValue)
    #expect(host.state.withLock { $0.requests.allSatisfy { $0.contains("GET") } })
    let tricky = "{\(account),\"attempt_id\":\"\(ulid)\",\"name\":\"vm\",\"external_id\":\"../x\"}"
    #expect(try #require(host.run(table.terminate, tricky)).code == FailureCode.invalidSpec.rawValue)
  }

  @Test func `Every other verb of the example answers as its schema says`() throws {
    let host = FakeHost()
    let table = try plugin(host)
    host.state.withLock { $0.response = (2, 200, "", #"{"account":"acc-1"}"#, "", 0) }
    let placement = #"{"type":"small","location":"beach","image":"debian-12"}"#
    for (verb, name, request) in [
      (table.validate, "validate", "{\(account),\"placements\":[\(placement)]}"),
      (table.prepare, "prepare", "{\(account),\"placement\":\(placement),\"installation_key\":\"k\"}"),
      (table.list, "list", "{\(account)}"), (table.catalog, "catalog", "{\(account)}"),
      (table.self_test, "self_test", "{\(account),\"installation_key\":\"k\"}"),
    ] {
      let answer = try #require(host.run(verb, request), "\(name)")
      #expect(answer.code == nil)
      try conforms(answer, "\(name).reply")
    }
    let wrong = try #require(host.run(table.validate, #"{"placements":[{"type":"big"}]}"#))
    #expect(wrong.code == FailureCode.invalidSpec.rawValue)
    try conforms(wrong, "failure")
  }

  @Test(
    arguments: [
      (1, 0, FailureCode.unknownOutcome), (0, 0, .unavailable), (2, 503, .unknownOutcome), (2, 401, .unauthenticated),
      (2, 201, .unknownOutcome), (2, 409, .nameTaken), (2, 429, .rateLimited),
    ] as [(Int32, Int32, FailureCode)])
  func `The example classifies a create as its documentation says`(
    outcome: Int32, status: Int32, code: FailureCode
  ) throws {
    let host = FakeHost()
    let table = try plugin(host)
    host.state.withLock { $0.response = (outcome, status, "", "{}", "x", 0) }
    let request = "{\(account),\"attempt_id\":\"\(ulid)\",\"name\":\"vm\",\"user_data\":\"u\"}"
    let answer = try #require(host.run(table.provision, request))
    #expect(answer.code == code.rawValue)
    #expect(answer.object["may_exist"] as? Bool == (code == .unknownOutcome))
    try conforms(answer, "failure")
  }

  private func conforms(_ answer: FakeHost.Answer, _ name: String) throws {
    #expect(try Schema(name).violations(of: answer.object) == [], "\(answer.json)")
  }
}
