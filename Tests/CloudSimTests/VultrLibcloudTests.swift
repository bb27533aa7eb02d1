import CloudSim
import HTTP
import System
import Testing

/// Apache Libcloud, unmodified, against the program.
@Suite(.enabled(if: Installed.libcloud != nil, "Apache Libcloud is not installed; Tests/Tools/setup installs it"))
struct VultrLibcloudTests {
  @Test func `Libcloud takes instances through their whole lives`() async throws {
    let scratch = try Scratch()
    let reactor = try Reactor(name: "libcloud-test")
    defer { reactor.stop() }
    // However fast the instance is ready: the first DELETE finds it locked.
    let config = try scratch.file("config.json", #"{"faults": [{"kind": "lock", "method": "DELETE", "ms": 100}]}"#)
    let simulator = try await RunningSimulator(
      ["vultr", "--fast", "--token", "secret", "--config", config], on: reactor)
    #expect(simulator.greeting == "listening on http://127.0.0.1:\(simulator.port)/v2")
    let key = try await scratch.keyPair("laptop") + ".pub"
    let python = try #require(Installed.libcloud)
    let said = try await python.run(Installed.peer("vultr.py"), String(simulator.port), "secret", key)
    #expect(said.status == 0, "\(said)")
    #expect(
      said.output.split(separator: "\n") == [
        "catalog", "stock", "key", "create", "running", "get", "list", "locked", "reboot", "stop", "start", "resize",
        "refusal", "two images", "wrong token", "destroy", "destroy", "gone", "key deleted",
      ], "\(said)")

    let http = HTTPClient(.tcp(try #require(SocketAddress("127.0.0.1", port: simulator.port))), on: reactor)
    let ledger = try await http.send(HTTPRequest(method: "GET", path: "/_sim/ledger")).json
    #expect(ledger?["open"]?.int == 0)
    #expect((ledger?["servers"]?.array ?? []).compactMap { $0["end"]?.string } == ["deleted", "deleted"])
    await simulator.end()
  }
}
