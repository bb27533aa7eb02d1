import CloudSim
import HTTP
import System
import Testing

/// Apache Libcloud, unmodified, against the program.
@Suite(.enabled(if: Installed.libcloud != nil, "Apache Libcloud is not installed; Tests/Tools/setup installs it"))
struct LibcloudTests {
  @Test func `Libcloud takes droplets through their whole lives`() async throws {
    let scratch = try Scratch()
    let reactor = try Reactor(name: "libcloud-test")
    defer { reactor.stop() }
    let simulator = try await RunningSimulator(["digitalocean", "--fast", "--token", "secret"], on: reactor)
    #expect(simulator.greeting == "listening on http://127.0.0.1:\(simulator.port)/v2")
    let key = try await scratch.keyPair("laptop") + ".pub"
    let python = try #require(Installed.libcloud)
    let said = try await python.run(Installed.peer("digitalocean.py"), String(simulator.port), "secret", key)
    #expect(said.status == 0, "\(said)")
    #expect(
      said.output.split(separator: "\n") == [
        "account", "catalog", "key", "create", "running", "pages", "reboot", "still running", "shutdown", "power on",
        "event", "refusal", "wrong token", "destroy", "destroy", "destroy", "key deleted",
      ], "\(said)")

    let http = HTTPClient(.tcp(try #require(SocketAddress("127.0.0.1", port: simulator.port))), on: reactor)
    let ledger = try await http.send(HTTPRequest(method: "GET", path: "/_sim/ledger")).json
    #expect(ledger?["open"]?.int == 0)
    let ends = (ledger?["servers"]?.array ?? []).compactMap { $0["end"]?.string }
    #expect(ends == ["deleted", "deleted", "deleted"])
    await simulator.end()
  }
}
