import CloudSim
import Foundation
import HTTP
import System
import Testing

/// Droplets that are real: an sshd for each, configured from user_data.
@Suite(.enabled(if: Installed.vmsMissing == nil, Installed.vmsMissing))
struct DropletVMTests {
  @Test func `A droplet lets the account's key in, shows the host key of its user_data, and goes`() async throws {
    let scratch = try Scratch()
    let reactor = try Reactor(name: "droplet-vm-test")
    defer { reactor.stop() }
    let simulator = try await RunningSimulator(
      ["digitalocean", "--fast", "--token", "secret", "--vms", scratch.path + "/vms"], on: reactor)
    let http = HTTPClient(.tcp(try #require(SocketAddress("127.0.0.1", port: simulator.port))), on: reactor)
    let call = { (method: String, path: String, body: JSON?) async throws -> HTTPResponse in
      try await http.send(
        HTTPRequest(
          method: method, path: path, headers: [HTTPField("authorization", "Bearer secret")], body: body?.bytes ?? []))
    }
    let clientKey = try await scratch.keyPair("client")
    _ = try await scratch.keyPair("host")
    let key: JSON = ["name": "client", "public_key": .string(try scratch.text("client.pub"))]
    let keyID = try #require(try await call("POST", "/v2/account/keys", key).json?["ssh_key"]?["id"])
    let config: JSON = [
      "ssh_keys": [
        "ed25519_private": .string(try scratch.text("host")), "ed25519_public": .string(try scratch.text("host.pub")),
      ], "ssh_deletekeys": true, "disable_root": false,
    ]
    let order = DropletClient.order(
      "drop-1", [("ssh_keys", [keyID]), ("user_data", .string("#cloud-config\n" + config.text))])
    let id = try #require(try await call("POST", "/v2/droplets", order).json?["droplet"]?["id"]?.int)

    let deadline = Date(timeIntervalSinceNow: 20)
    var address: String?
    while address == nil, Date() < deadline {
      let seen = try await call("GET", "/v2/droplets/\(id)", nil).json?["droplet"]
      let networks = seen?["networks"]?["v4"]?.array ?? []
      address = networks.first { $0["type"] == "public" }?["ip_address"]?.string
      await Task.yield()
    }
    let host = try #require(address, "the droplet never had an address")
    let known = try scratch.file("known", "\(host) \(try scratch.text("host.pub"))")
    let ssh = { (tries: Int) async throws -> Program.Outcome in
      try await #require(Program("/usr/bin/ssh")).run(
        "-F", "none", "-o", "UserKnownHostsFile=\(known)", "-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes",
        "-o", "IdentitiesOnly=yes", "-o", "ConnectionAttempts=\(tries)", "-o", "ConnectTimeout=5", "-i", clientKey,
        "root@\(host)", "hostname")
    }
    let said = try await ssh(15)
    #expect(said.status == 0 && said.output == "drop-1\n", "\(said)")

    #expect(try await call("DELETE", "/v2/droplets/\(id)", nil).status == 204)
    var gone = false
    while !gone, Date() < deadline {
      gone = try await call("GET", "/v2/droplets/\(id)", nil).status == 404
      await Task.yield()
    }
    #expect(gone)
    #expect(try await ssh(1).status == 255)
    await simulator.end()
  }
}
