import CloudSim
import Foundation
import Glibc
import HTTP
import System
import Testing

/// Servers that are real: an sshd for each, configured from user_data.
@Suite(.enabled(if: Installed.vmsMissing == nil, Installed.vmsMissing))
struct VMTests {
  /// A running simulator and what a client needs to log in to its VMs.
  private struct Site {
    let server: CloudServer<HetznerCloud>
    let http: HTTPClient
    let scratch: Scratch
    let clientKey: String
    let hostKey: String

    func call(_ method: String, _ path: String, _ body: JSON? = nil) async throws -> HTTPResponse {
      try await http.send(
        HTTPRequest(
          method: method, path: path, headers: [HTTPField("authorization", "Bearer secret")], body: body?.bytes ?? []))
    }

    /// Makes a server whose host key is known; returns id and address.
    func create(_ name: String, _ more: [(String, JSON)] = []) async throws -> (id: Int64, address: String) {
      var config: JSON = [
        "ssh_keys": [
          "ed25519_private": .string(try scratch.text("host")), "ed25519_public": .string(try scratch.text("host.pub")),
        ], "ssh_deletekeys": true, "disable_root": false,
        "ssh_authorized_keys": [.string(try scratch.text("client.pub"))],
      ]
      for (name, value) in more { config[name] = value }
      let userData = JSON.string("#cloud-config\n" + config.text)
      let made = try await call("POST", "/v1/servers", Client.order(name, [("user_data", userData)]))
      let server = try #require(made.json?["server"])
      return (try #require(server["id"]?.int), try #require(server["public_net"]?["ipv4"]?["ip"]?.string))
    }

    /// Runs a command in a VM; tries for some seconds where nothing answers yet.
    func ssh(
      _ address: String, _ command: String, user: String = "root", hostKey: String? = nil, tries: Int = 15
    ) async throws -> Program.Outcome {
      let line = try hostKey ?? scratch.text("host.pub")
      let known = try scratch.file("known-\(UUID().uuidString)", "\(address) \(line)")
      return try await #require(Program("/usr/bin/ssh")).run(
        "-F", "none", "-o", "UserKnownHostsFile=\(known)", "-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes",
        "-o", "IdentitiesOnly=yes", "-o", "ConnectionAttempts=\(tries)", "-o", "ConnectTimeout=5", "-i", clientKey,
        "\(user)@\(address)", command)
    }

    /// Waits, by asking the cloud, until a server has a status; nil is "gone".
    func reach(_ id: Int64, _ status: String?) async throws {
      let deadline = Date(timeIntervalSinceNow: 20)
      while Date() < deadline {
        let seen = try await call("GET", "/v1/servers/\(id)").json?["server"]?["status"]?.string
        if seen == status { return }
        await Task.yield()
      }
      Issue.record("server \(id) never became \(status ?? "absent")")
    }
  }

  private func site(_ body: (Site) async throws -> Void) async throws {
    let scratch = try Scratch()
    let reactor = try Reactor(name: "vm-test")
    let runner = try VMRunner(directory: scratch.path + "/vms", on: reactor)
    let address = try #require(SocketAddress("127.0.0.1", port: 0))
    let cloud = HetznerCloud(token: "secret", settings: .fast, start: Clock.wall())
    let server = try CloudServer(cloud, at: address, on: reactor, runner: runner)
    let endpoint = HTTPEndpoint.tcp(try #require(SocketAddress("127.0.0.1", port: server.port)))
    let site = Site(
      server: server, http: HTTPClient(endpoint, on: reactor), scratch: scratch,
      clientKey: try await scratch.keyPair("client"), hostKey: try await scratch.keyPair("host"))
    do { try await body(site) } catch {
      await server.stop()
      reactor.stop()
      throw error
    }
    await server.stop()
    reactor.stop()
  }

  @Test func `A VM takes its host key, users, files and commands from user_data`() async throws {
    try await site { site in
      let tenant = JSON.string(try site.scratch.text("client.pub"))
      let marker = "/etc/cloudsim-\(UUID().uuidString)"
      let (id, address) = try await site.create(
        "vm-1",
        [
          ("users", ["default", ["name": "tenant", "ssh_authorized_keys": [tenant]]]),
          (
            "write_files",
            [["path": .string(marker), "content": "aGVsbG8=", "encoding": "b64", "permissions": "0640"]]
          ), ("runcmd", [["touch", "/root/it's done"], .string("echo ran >>\(marker)")]),
        ])
      let said = try await site.ssh(
        address, "hostname; cloud-init status --wait; stat -c %a \(marker); cat \(marker); ls /root; ls -A /home")
      #expect(said.status == 0, "\(said)")
      #expect(
        said.output.split(separator: "\n") == ["vm-1", "status: done", "640", "helloran", "it's done", "tenant"],
        "\(said)")
      #expect(try await site.ssh(address, "id -un", user: "tenant").output == "tenant\n")
      // Nothing of it touched this machine.
      #expect(!FileManager.default.fileExists(atPath: marker))
      let cached = try await site.ssh(address, "head -1 /var/lib/cloud/instance/user-data.txt; ls /var/lib/cloud")
      #expect(cached.output == "#cloud-config\ninstance\n", "\(cached)")

      _ = try await site.call("DELETE", "/v1/servers/\(id)")
      try await site.reach(id, nil)
      #expect(try await site.ssh(address, "true", tries: 1).status == 255)
    }
  }

  @Test func `A VM with another host key is not let in`() async throws {
    try await site { site in
      let (_, address) = try await site.create("vm-1")
      let other = try await site.scratch.keyPair("other")
      let refused = try await site.ssh(address, "true", hostKey: try site.scratch.text("other.pub"))
      #expect(refused.status == 255 && refused.errors.contains("Host key verification failed"), "\(refused) \(other)")
    }
  }

  @Test func `A VM makes new host keys on request`() async throws {
    try await site { site in
      let (_, address) = try await site.create("vm-1")
      let made = try await site.ssh(
        address,
        """
        ssh-keygen -q -t ed25519 -N '' -f /run/new && mv /run/new /etc/ssh/ssh_host_ed25519_key &&
        mv /run/new.pub /etc/ssh/ssh_host_ed25519_key.pub && kill -HUP "$(cat /run/sshd.pid)" &&
        cat /etc/ssh/ssh_host_ed25519_key.pub
        """)
      #expect(made.status == 0, "\(made)")
      // The server that reloads refuses connections for a moment, or still shows the old key.
      var after = try await site.ssh(address, "true", hostKey: made.output)
      if after.status != 0 { after = try await site.ssh(address, "true", hostKey: made.output) }
      #expect(after.status == 0, "\(after)")
    }
  }

  @Test func `A disk outlives power, and processes do not`() async throws {
    try await site { site in
      let (id, address) = try await site.create("vm-1")
      #expect(try await site.ssh(address, "touch /root/stays /run/goes").status == 0)
      _ = try await site.call("POST", "/v1/servers/\(id)/actions/poweroff")
      try await site.reach(id, "off")
      #expect(try await site.ssh(address, "true", tries: 1).status == 255)
      _ = try await site.call("POST", "/v1/servers/\(id)/actions/poweron")
      try await site.reach(id, "running")
      let back = try await site.ssh(address, "ls /root; ls /run/goes")
      #expect(back.output == "stays\n" && back.status == 2, "\(back)")
    }
  }

  @Test func `When the simulator is killed, its VMs die, and the next one sweeps up`() async throws {
    let scratch = try Scratch()
    let reactor = try Reactor(name: "vm-test")
    let process = try await RunningSimulator(
      ["hetzner", "--fast", "--token", "secret", "--vms", scratch.path + "/vms"], on: reactor)
    let port = process.port
    let server = try CloudServer(
      HetznerCloud(token: "unused"), at: try #require(SocketAddress("127.0.0.1", port: 0)), on: reactor)
    let site = Site(
      server: server, http: HTTPClient(.tcp(try #require(SocketAddress("127.0.0.1", port: port))), on: reactor),
      scratch: scratch, clientKey: try await scratch.keyPair("client"), hostKey: try await scratch.keyPair("host"))
    let (_, address) = try await site.create("vm-1")
    #expect(try await site.ssh(address, "true").status == 0)
    await process.end(SIGKILL)
    let free = try #require(SocketAddress(address, port: 22))
    let deadline = Date(timeIntervalSinceNow: 10)
    var listener = try? TCPSocket.listen(free)
    while listener == nil, Date() < deadline {
      await Task.yield()
      listener = try? TCPSocket.listen(free)
    }
    #expect(listener != nil, "the VM's sshd still listens")
    listener?.close()
    let next = try VMRunner(directory: scratch.path + "/vms", on: reactor)
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path + "/vms") == ["lock"])
    await next.stop()
    await server.stop()
    reactor.stop()
  }
}
