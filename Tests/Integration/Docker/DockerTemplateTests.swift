import Control
import EngineFixture
import Foundation
import System
import Testing

/// The recipes that come with Slipway, on real containers, with Debian's packages.
@Suite(.dockerEngine) struct DockerTemplateTests {
  /// A template, its inputs, and a command in the container whose words say that it did what it is for.
  struct Trial: Sendable, CustomTestStringConvertible {
    var name: String
    var inputs: [String] = []
    var proof: String
    var words: String
    var testDescription: String { name }
  }

  static let trials = [
    Trial(
      name: "wireguard", proof: "wg pubkey </etc/wireguard/server.key; cat /etc/wireguard/wg0.conf",
      words: "ListenPort = 51820"),
    Trial(
      name: "caddy", proof: "caddy validate --config /etc/caddy/Caddyfile --adapter caddyfile 2>&1",
      words: "Valid configuration"),
    Trial(name: "podman", proof: "podman --version", words: "podman version"),
    Trial(name: "docker", proof: "docker --version; command -v dockerd", words: "/usr/sbin/dockerd"),
    Trial(name: "docker-compose", proof: "ls /srv/*/compose.yaml", words: "compose.yaml"),
    Trial(name: "nodejs", proof: "node --version; npm --version", words: "v"),
    Trial(name: "postgresql", proof: "su postgres -c 'psql -qAt -c \"SELECT 6*7\"'", words: "42"),
  ]

  /// Those that every run of the tests tries; all of them with SLIPWAY_TEMPLATES=all.
  static let chosen =
    ProcessInfo.processInfo.environment["SLIPWAY_TEMPLATES"] == "all" ? trials : Array(trials.prefix(2))

  @Test(.timeLimit(.minutes(15)))
  func `templates make of a container what they promise, and do no harm when they run again`() async throws {
    let (stage, host) = try await DockerRecipeScene.started(type: "c2-m1024")
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let (input, hold) = try Descriptor.pipe()
    let proxy = try Child(
      "/usr/bin/python3", [tests.appendingPathComponent("Tools/proxy-into").path, "\(stage.scene.engine.network)"],
      input: input)
    input.close()
    defer { hold.close() }
    let said = await proxy.printed(until: "\n")
    let port = try #require(Int(said.split(whereSeparator: \.isWhitespace).last ?? ""), "\(said)")
    let gateway = try await stage.scene.engine.docker(
      "inspect", "--format", "{{.NetworkSettings.Gateway}}", stage.container)
    let reached = try await stage.inside(
      """
      echo 'Acquire::http { Proxy "http://\(gateway):\(port)"; Pipeline-Depth "0"; };' >/etc/apt/apt.conf.d/90proxy
      timeout 40 apt-get -q -o Acquire::Retries=0 update 2>&1 && echo reached
      """)
    guard reached.hasSuffix("reached") else {
      let why =
        reached.split(separator: "\n").last { $0.hasPrefix("E:") || $0.hasPrefix("Err:") } ?? "apt-get update failed"
      print("templates skipped: no packages can be reached: \(why)")
      try await stage.end(host)
      try Test.cancel("no packages can be reached: \(why)")
    }
    for trial in Self.chosen {
      let body = try await stage.scene.scratch.run(Built.path("slipway"), "recipe", "templates", trial.name)
      #expect(body.hasPrefix("#!/bin/sh\n"), "\(body)")
      for round in 1...2 {
        let told = try await stage.run(body + "# round \(round)\n", on: host)
        let errors = String(decoding: told.err.suffix(600), as: UTF8.self)
        #expect(told.run.exitCode == 0, "\(trial.name), round \(round): \(told.run) \(errors)")
      }
      let proof = try await stage.inside(trial.proof)
      #expect(proof.contains(trial.words), "\(trial.name): \(proof)")
    }
    try await stage.end(host)
    hold.close()
    await proxy.ended()
  }
}
