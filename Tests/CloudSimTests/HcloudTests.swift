import CloudSim
import Foundation
import System
import Testing

/// Debian's `hcloud`, unmodified, against the HTTP edge.
@Suite(
  .enabled(if: Installed.hcloud != nil, "hcloud is not installed; apt-get install hcloud-cli runs these tests"))
struct HcloudTests {
  private let token = String(repeating: "t", count: 64)

  /// Serves a cloud and runs the body with a client of it.
  private func serve(
    _ body: (@Sendable (String...) async throws -> Program.Outcome, CloudServer<HetznerCloud>, Scratch) async throws
      -> Void
  ) async throws {
    let scratch = try Scratch()
    let reactor = try Reactor(name: "hcloud-test")
    let cloud = HetznerCloud(token: token, settings: .fast, start: Clock.wall())
    let server = try CloudServer(cloud, at: try #require(SocketAddress("127.0.0.1", port: 0)), on: reactor)
    var client = try #require(Installed.hcloud)
    client.environment["HCLOUD_ENDPOINT"] = server.url
    client.environment["HCLOUD_TOKEN"] = token
    client.environment["HOME"] = scratch.path
    let ready = client
    do {
      try await body({ (arguments: String...) in try await ready.run(arguments) }, server, scratch)
    } catch {
      await server.stop()
      reactor.stop()
      throw error
    }
    await server.stop()
    reactor.stop()
  }

  @Test func `hcloud lists server types, locations and images`() async throws {
    try await serve { hcloud, _, _ in
      let types = try await hcloud("server-type", "list")
      #expect(types.status == 0 && types.output.contains("cx23") && types.output.contains("cax11"), "\(types)")
      let locations = try await hcloud("location", "list", "-o", "columns=name", "-o", "noheader")
      #expect(locations.output.split(separator: "\n") == ["fsn1", "nbg1", "hel1", "ash", "hil", "sin"], "\(locations)")
      let images = try await hcloud("image", "list", "-o", "columns=name", "-o", "noheader")
      #expect(images.output.split(separator: "\n").count == 37, "\(images)")
      #expect(try await hcloud("server-type", "describe", "cx23").status == 0)
      #expect(try await hcloud("image", "describe", "debian-12").status == 0)
    }
  }

  @Test func `hcloud makes, lists and deletes an SSH key`() async throws {
    try await serve { hcloud, _, scratch in
      let key = try await scratch.keyPair("laptop")
      let made = try await hcloud(
        "ssh-key", "create", "--name", "laptop", "--public-key-from-file", key + ".pub", "--label", "team=core")
      #expect(made.status == 0, "\(made)")
      let listed = try await hcloud("ssh-key", "list", "-l", "team=core")
      let theirs = try await Program("/usr/bin/ssh-keygen")?.run("-l", "-E", "md5", "-f", key + ".pub")
      let fingerprint = try #require(theirs?.output.split(separator: " ").dropFirst().first?.dropFirst(4))
      #expect(listed.output.contains("laptop") && listed.output.contains(fingerprint), "\(listed)")
      let twin = try await hcloud("ssh-key", "create", "--name", "twin", "--public-key-from-file", key + ".pub")
      #expect(twin.status != 0 && twin.errors.contains("uniqueness_error"), "\(twin)")
      #expect(try await hcloud("ssh-key", "delete", "laptop").status == 0)
      #expect(!(try await hcloud("ssh-key", "list")).output.contains("laptop"))
    }
  }

  @Test func `hcloud takes a server through its whole life`() async throws {
    try await serve { hcloud, server, scratch in
      let key = try await scratch.keyPair("laptop")
      _ = try await hcloud("ssh-key", "create", "--name", "laptop", "--public-key-from-file", key + ".pub")
      let userData = try scratch.file("user-data", "#cloud-config\n{\"runcmd\": [\"true\"]}\n")
      let made = try await hcloud(
        "server", "create", "--name", "web-1", "--type", "cx23", "--image", "debian-12", "--location", "fsn1",
        "--label", "env=prod", "--ssh-key", "laptop", "--user-data-from-file", userData, "--poll-interval", "20ms")
      #expect(made.status == 0 && made.output.contains("IPv4: 198.18.0.1"), "\(made)")
      #expect(server.with { $0.servers.first?.userData }?.hasPrefix("#cloud-config") == true)
      #expect(server.with { $0.servers.first?.authorizedKeys.count } == 1)

      let listed = try await hcloud("server", "list", "-l", "env=prod")
      #expect(listed.output.contains("web-1") && listed.output.contains("running"), "\(listed)")
      #expect(!(try await hcloud("server", "list", "-l", "env=test")).output.contains("web-1"))
      let described = try await hcloud("server", "describe", "web-1")
      #expect(described.status == 0 && described.output.contains("env: prod"), "\(described)")

      for (verb, status) in [("poweroff", "off"), ("poweron", "running"), ("reboot", "running")] {
        let done = try await hcloud("server", verb, "web-1", "--poll-interval", "20ms")
        #expect(done.status == 0, "\(verb): \(done)")
        let after = try await hcloud("server", "list", "-o", "columns=status", "-o", "noheader")
        #expect(after.output == status + "\n", "\(verb): \(after)")
      }
      let deleted = try await hcloud("server", "delete", "web-1", "--poll-interval", "20ms")
      #expect(deleted.status == 0, "\(deleted)")
      // This hcloud does not wait for the end of the delete action.
      server.with { $0.frame.offset += 1000 }
      #expect(server.with { $0.servers.isEmpty && $0.frame.ledger.entries.first?.end == .deleted })
      let gone = try await hcloud("server", "describe", "web-1")
      #expect(gone.status != 0 && gone.errors.contains("not found"), "\(gone)")
    }
  }

  @Test func `hcloud says what the cloud refuses`() async throws {
    try await serve { hcloud, _, _ in
      let type = try await hcloud(
        "server", "create", "--name", "a", "--type", "cx23", "--image", "debian-12", "--location", "sin")
      #expect(type.status != 0 && type.errors.contains("unsupported location for server type"), "\(type)")
    }
  }
}
