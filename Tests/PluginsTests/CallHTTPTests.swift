import Foundation
import Plugins
import Synchronization
import System
import Testing

@Suite struct CallHTTPTests {
  private func serving() async throws -> Fleet {
    let fleet = try Fleet()
    try await fleet.drop(TestPlugin.build(), as: "libTest.so")
    await fleet.router.scan()
    _ = await fleet.call("version")
    return fleet
  }

  @Test func `a request carries its call and its answer comes back whole`() async throws {
    let fleet = try await serving()
    let seen = Watched<[PluginHTTPRequest]>([], on: fleet.reactor)
    let outcome = await fleet.call("http /servers", verb: .catalog, account: "acc") { request, responder in
      seen.change { $0.append(request) }
      responder.head(WorkerHTTPHead(outcome: 2, status: 200, headers: "x: y\n"))
      for _ in 0..<8 { _ = responder.body([UInt8](repeating: 65, count: 400_000)) }
      responder.end()
      return PluginHTTPHandle()
    }
    #expect(outcome.text == "2 200 3200000 ")
    let request = try #require(seen.value.first)
    #expect(request.plugin == "test" && request.account == "acc" && request.verb == .catalog)
    #expect(request.tag == "http /servers" && request.path == "/servers" && request.endpoint == "api")
    #expect((1...8000).contains(request.timeoutMs) && request.maxResponse == 4 << 20)
    await fleet.stop()
  }

  @Test func `a source that is too fast is asked to pause and to go on`() async throws {
    let fleet = try await serving()
    let sent = Watched((pauses: 0, pieces: 0), on: fleet.reactor)
    let pump = Watched<(@Sendable () -> Void)?>(nil, on: fleet.reactor)
    let outcome = await fleet.call("http /", verb: .catalog) { _, responder in
      responder.head(WorkerHTTPHead(outcome: 2, status: 200))
      let go: @Sendable () -> Void = {
        while sent.value.pieces < 40 {
          sent.change { $0.pieces += 1 }
          if responder.body([UInt8](repeating: 65, count: 100_000)) == .pause {
            return sent.change { $0.pauses += 1 }
          }
        }
        responder.end()
      }
      pump.change { $0 = go }
      go()
      return PluginHTTPHandle(resume: { pump.value?() })
    }
    #expect(outcome.text == "2 200 4000000 ")
    #expect(sent.value.pauses > 0)
    await fleet.stop()
  }

  @Test func `an answer that is cut short or never begun is no answer`() async throws {
    let fleet = try await serving()
    let cut = await fleet.call("http /") { _, responder in
      responder.head(WorkerHTTPHead(outcome: 2, status: 200))
      _ = responder.body([1, 2, 3])
      responder.end(whole: false)
      return PluginHTTPHandle()
    }
    #expect(cut.text?.hasPrefix("1 ") == true)
    let none = await fleet.call("http /") { _, responder in
      responder.end()
      return PluginHTTPHandle()
    }
    #expect(none.text?.hasPrefix("1 0 0 the host gave no answer") == true)
    await fleet.stop()
  }

  @Test func `a dead worker's request is stopped once`() async throws {
    let fleet = try await serving()
    let stops = Watched(0, on: fleet.reactor)
    let asked = Watched(false, on: fleet.reactor)
    async let outcome = fleet.call("http /") { _, _ in
      asked.change { $0 = true }
      return PluginHTTPHandle(stop: { stops.change { $0 += 1 } })
    }
    #expect(await asked.becomes { $0 })
    kill(try #require(await fleet.router.status("test")?.pid), SIGKILL)
    guard case .crashed = await outcome else { return _ = Issue.record("no such outcome") }
    #expect(stops.value == 1)
    await fleet.stop()
  }
}
