import CloudSim
import Foundation
import HTTP
import System
import Testing

/// Instances that are real: an sshd for each, configured from user_data.
@Suite(.enabled(if: Installed.vmsMissing == nil, Installed.vmsMissing))
struct VultrVMTests {
  @Test func `An instance lets the account's key in, forgets its disk when it is reinstalled, and goes`() async throws {
    let scratch = try Scratch()
    let reactor = try Reactor(name: "vultr-vm-test")
    defer { reactor.stop() }
    let simulator = try await RunningSimulator(
      ["vultr", "--fast", "--token", "secret", "--vms", scratch.path + "/vms"], on: reactor)
    let http = HTTPClient(.tcp(try #require(SocketAddress("127.0.0.1", port: simulator.port))), on: reactor)
    let call = { (method: String, path: String, body: JSON?) async throws -> HTTPResponse in
      try await http.send(
        HTTPRequest(
          method: method, path: path, headers: [HTTPField("authorization", "Bearer secret")], body: body?.bytes ?? []))
    }
    let clientKey = try await scratch.keyPair("client")
    _ = try await scratch.keyPair("host")
    let key: JSON = ["name": "client", "ssh_key": .string(try scratch.text("client.pub"))]
    let keyID = try #require(try await call("POST", "/v2/ssh-keys", key).json?["ssh_key"]?["id"])
    let config: JSON = [
      "ssh_keys": [
        "ed25519_private": .string(try scratch.text("host")), "ed25519_public": .string(try scratch.text("host.pub")),
      ], "ssh_deletekeys": true, "disable_root": false,
    ]
    let userData = Data(("#cloud-config\n" + config.text).utf8).base64EncodedString()
    let order = VultrClient.order(
      "a label", [("hostname", "host-1"), ("sshkey_id", [keyID]), ("user_data", .string(userData))])
    let id = try #require(try await call("POST", "/v2/instances", order).json?["instance"]?["id"]?.string)

    /// Waits until the instance is `ok`, or where nil is asked for, gone; returns it.
    func reach(_ status: String?) async throws -> JSON? {
      let deadline = Date(timeIntervalSinceNow: 20)
      while Date() < deadline {
        let seen = try await call("GET", "/v2/instances/\(id)", nil).json?["instance"]
        if seen?["server_status"]?.string == status { return seen }
        await Task.yield()
      }
      Issue.record("instance \(id) never became \(status ?? "absent")")
      return nil
    }
    let host = try #require(try await reach("ok")?["main_ip"]?.string)
    let known = try scratch.file("known", "\(host) \(try scratch.text("host.pub"))")
    let ssh = { (command: String, tries: Int) async throws -> Program.Outcome in
      try await #require(Program("/usr/bin/ssh")).run(
        "-F", "none", "-o", "UserKnownHostsFile=\(known)", "-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes",
        "-o", "IdentitiesOnly=yes", "-o", "ConnectionAttempts=\(tries)", "-o", "ConnectTimeout=5", "-i", clientKey,
        "root@\(host)", command)
    }
    let said = try await ssh("hostname; touch /root/old; ls /root", 15)
    #expect(said.status == 0 && said.output == "host-1\nold\n", "\(said)")

    #expect(try await call("POST", "/v2/instances/\(id)/reinstall", ["hostname": "host-2"]).status == 202)
    _ = try await reach("ok")
    let fresh = try await ssh("hostname; ls /root", 15)
    #expect(fresh.status == 0 && fresh.output == "host-2\n", "\(fresh)")

    #expect(try await call("DELETE", "/v2/instances/\(id)", nil).status == 204)
    _ = try await reach(nil)
    #expect(try await ssh("true", 1).status == 255)
    await simulator.end()
  }
}
