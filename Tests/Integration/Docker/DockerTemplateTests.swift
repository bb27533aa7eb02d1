import Control
import EngineFixture
import Foundation
import System
import Testing

/// The recipes that come with Slipway, on real containers, with Debian's packages.
@Suite(.dockerEngine) struct DockerTemplateTests {
  /// A template, its inputs, and commands in the container whose words say that it did what it is for.
  struct Trial: Sendable, CustomTestStringConvertible {
    var name: String
    var inputs = GivenInputs()
    /// Between the two runs: makes something that the second must leave as it is.
    var between: String?
    var proof: String
    /// All of these are in what `proof` prints.
    var words: [String]
    /// What needs more than a container may: printed as skipped where it cannot be done, with the last line of its words.
    var nested: (command: String, words: String)?
    var testDescription: String { name }
  }

  static let trials = [
    Trial(
      name: "wireguard", between: "sha256sum /etc/wireguard/server.key >/root/key",
      proof: "sha256sum -c /root/key; wg pubkey </etc/wireguard/server.key; cat /etc/wireguard/wg0.conf",
      words: ["server.key: OK", "ListenPort = 51820"]),
    Trial(
      name: "caddy", proof: "caddy validate --config /etc/caddy/Caddyfile --adapter caddyfile 2>&1",
      words: ["Valid configuration"]),
    Trial(
      name: "podman", inputs: GivenInputs(plain: ["CONTAINER_USER": "ann"]),
      proof: "podman --version; grep ^ann: /etc/subuid", words: ["podman version", "ann:"], nested: (podman, "it runs")),
    Trial(
      name: "docker", inputs: GivenInputs(plain: ["USERS": "bob"]),
      proof: "docker --version; dockerd --version; id -nG bob; cat /etc/docker/daemon.json",
      words: ["Docker version", "bob docker", "\"max-size\": \"10m\""], nested: (docker, "it runs")),
    Trial(
      name: "docker-compose", inputs: GivenInputs(plain: ["COMPOSE_YAML": compose]),
      proof: """
        cd /srv/app
        if docker compose version >/dev/null 2>&1; then docker compose -p app config; else docker-compose -p app config; fi
        """, words: ["greeter:", "image: tiny"], nested: (composed, "it runs")),
    Trial(
      name: "postgresql", inputs: GivenInputs(secret: ["DATABASE_PASSWORD": Credential("open sesame")]),
      between: psql("CREATE TABLE kept AS SELECT 6*7 AS answer"),
      proof: "\(psql("SELECT answer, current_user FROM kept")); \(psql("SELECT 1", password: "wrong"))",
      words: ["42|app", "password authentication failed"]),
    Trial(
      name: "nodejs", inputs: GivenInputs(plain: ["APP_COMMAND": "node server.js", "PORT": "3001"]), between: node,
      proof: "\(served); npm --version | grep -q '^[0-9]' && echo npm is there",
      words: ["node answers production", "npm is there"]),
  ]

  /// As the role that the template made, over TCP, with its password.
  private static func psql(_ words: String, password: String = "open sesame") -> String {
    "PGPASSWORD='\(password)' psql -qAt -h 127.0.0.1 -U app app -c '\(words)' 2>&1"
  }

  /// An application that answers one request, and says when it listens.
  private static let node = #"""
    cat >/srv/app/server.js <<'END'
    const server = require('http').createServer((_, answer) => {
      answer.setHeader('Connection', 'close');
      answer.end(`node answers ${process.env.NODE_ENV}`);
      server.close();
    });
    server.listen(process.env.PORT, '127.0.0.1', () => console.log('listening'));
    END
    """#

  /// The service as its unit says, without systemd; and a client of it.
  private static let served = #"""
    unit() { sed -n "s/^$1=//p" /etc/systemd/system/app.service; }
    cd "$(unit WorkingDirectory)"
    setpriv --reuid="$(unit User)" --regid="$(unit User)" --init-groups env $(unit Environment) $(unit ExecStart) | {
      read -r line
      node -e "fetch('http://127.0.0.1:3001/').then(r => r.text()).then(console.log, console.log)"
    }
    """#

  private static let compose =
    "services:\n  greeter:\n    image: tiny\n    command: [/bin/echo, it runs]\n    network_mode: none\n"

  /// An image of one program, on standard output.
  private static let tiny = "tar -C / -ch bin/echo lib/*-linux-gnu/libc.so.6 lib*/ld-linux-*"

  /// A daemon of the container's own, with control groups in the engine's, `$group`; then a command that uses it.
  private static func nested(_ command: String) -> String {
    #"""
    if [ ! -e /sys/fs/cgroup/cgroup.controllers ]; then
      umount -R /sys/fs/cgroup
      mount -t tmpfs cgroups /sys/fs/cgroup
      while read -r name _ _ enabled; do
        [ "$enabled" = 1 ] || continue
        mkdir -p "/sys/fs/cgroup/$name"
        mount -t cgroup -o "$name" cgroup "/sys/fs/cgroup/$name"
      done </proc/cgroups
    else
      mount -o remount,rw /sys/fs/cgroup
    fi
    mkdir -p /run/nested
    export DOCKER_HOST=unix:///run/nested/sock
    mkfifo /run/nested/log
    dockerd --iptables=false --ip6tables=false --bridge=none --storage-driver=vfs --data-root /run/nested/data \
      --exec-root /run/nested/exec --cgroup-parent "$group/nested" --host "$DOCKER_HOST" --pidfile /run/nested/pid \
      >/run/nested/log 2>&1 &
    exec 7</run/nested/log
    while read -r line <&7; do case $line in *'API listen on'*) break ;; esac; done
    case $line in *'API listen on'*) ;; *) echo "no daemon: $line" ;; esac
    cat <&7 >/dev/null &
    \#(tiny) | docker import - tiny >/dev/null
    { \#(command); } 2>&1
    kill "$(cat /run/nested/pid)"
    wait
    rm -rf /run/nested
    """#
  }

  private static let docker = nested("docker run --rm --network none tiny /bin/echo it runs")
  private static let composed = nested(
    """
    cd /srv/app
    if docker compose version >/dev/null 2>&1; then docker compose -p app up; else docker-compose -p app up; fi
    """)
  private static let podman = """
    mount -o remount,rw /proc/sys
    storage='--storage-driver vfs --root /run/pod --runroot /run/pod-run --cgroup-manager cgroupfs'
    \(tiny) | podman $storage import - tiny >/dev/null 2>&1
    podman $storage run --rm --network none --cgroups disabled tiny /bin/echo it runs 2>&1
    podman $storage rmi --all --force >/dev/null 2>&1
    """

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
    for trial in Self.chosen { try await prove(trial, stage, host) }
    try await stage.end(host)
    hold.close()
    await proxy.ended()
  }

  private func prove(_ trial: Trial, _ stage: DockerRecipeScene, _ host: ServedHost) async throws {
    let body = try await stage.scene.scratch.run(Built.path("slipway"), "recipe", "templates", trial.name)
    #expect(body.hasPrefix("#!/bin/sh\n"), "\(body)")
    var seconds: [String] = []
    for round in 1...2 {
      let began = ContinuousClock.now
      let told = try await stage.run(body + "# round \(round)\n", trial.inputs, on: host)
      seconds.append("\((ContinuousClock.now - began).components.seconds) s")
      let errors = String(decoding: told.err.suffix(600), as: UTF8.self)
      #expect(told.run.exitCode == 0, "\(trial.name), round \(round): \(told.run) \(errors)")
      if round == 1, let between = trial.between { try await stage.inside(between) }
    }
    print("template \(trial.name): \(seconds[0]), and again in \(seconds[1])")
    let proof = try await stage.inside(trial.proof)
    for words in trial.words { #expect(proof.contains(words), "\(trial.name): \(proof)") }
    guard let nested = trial.nested else { return }
    let said = try await stage.freely(nested.command)
    if !said.contains(nested.words) {
      print(
        "template \(trial.name): containers in it skipped: \(said.split(separator: "\n").last ?? "it said nothing")")
    }
  }
}
