@testable import Docker
import Foundation
import PluginFixture
import PluginKit
import PluginMessages
import Testing

@Suite struct ProvisionTests {
  private let docker = DockerProvisioner()
  private let create = "POST /containers/create"
  private let inspect = "GET /containers/vm/json"
  private let archive = "PUT /containers/\(Answer.id)/archive"
  private let start = "POST /containers/\(Answer.id)/start"
  private let created = CloudOutcome.json(201, #"{"Id":"\#(Answer.id)","Warnings":["no swap"]}"#)

  private func engine(_ more: [String: [CloudOutcome]] = [:]) -> ScriptedCloud {
    .engine(
      [create: [created], archive: [.json(200, "")], start: [.json(204, "")]].merging(more) { _, new in new })
  }

  private func provision(
    _ cloud: ScriptedCloud, _ request: ProvisionRequest = Ask.provision()
  ) throws(CloudFailure) -> ProvisionReply {
    try docker.provision(request, cloud.call)
  }

  @Test func `A container is created, filled and started, with its limits and labels`() throws {
    let cloud = engine()
    let reply = try provision(
      cloud,
      Ask.provision(
        config: ["pids_limit": .integer(99), "swap_mb": .integer(1), "no_new_privileges": .bool(true)],
        settings: ["address": .string("192.0.2.9"), "bind_address": .string("10.0.0.1")],
        tags: ["traefik.enable": "true"]))
    #expect(
      cloud.asked == [
        "POST /containers/create?name=vm", "PUT /containers/\(Answer.id)/archive?path=%2F",
        "POST /containers/\(Answer.id)/start",
      ])
    let body = cloud.body(1)
    #expect(body["Image"] as? String == "debian:12")
    #expect(body["Env"] == nil)
    #expect(body["Entrypoint"] as? [String] == ["/usr/sbin/sshd"])
    #expect(
      body["Labels"] as? [String: String] == [
        "slipway": "1", "slipway-installation": "inst", "slipway-resource": "R", "slipway-operation": "O",
        "slipway-attempt": Ask.attempt, "slipway-tag-traefik.enable": "true",
      ])
    let host = try #require(body["HostConfig"] as? [String: Any])
    #expect(host["NanoCpus"] as? Int == 2_000_000_000)
    #expect(host["CpuCount"] == nil)
    #expect(host["Memory"] as? Int == 1 << 30)
    #expect(host["MemorySwap"] as? Int == 1 << 30 + 1 << 20)
    #expect(host["PidsLimit"] as? Int == 99)
    #expect(host["SecurityOpt"] as? [String] == ["no-new-privileges:true"])
    #expect(
      host["PortBindings"] as? [String: [[String: String]]] == ["22/tcp": [["HostIp": "10.0.0.1", "HostPort": ""]]])
    for forbidden in ["Privileged", "Binds", "Mounts", "Devices", "PidMode", "IpcMode", "CapAdd", "VolumesFrom"] {
      #expect(host[forbidden] == nil)
    }
    #expect(reply.externalId == Answer.id)
    #expect(reply.state == "running")
    #expect(reply.addresses == Addresses(ipv4: "192.0.2.9"))
    #expect(reply.pollAfterMs == 0)
    #expect(Cookie(reading: reply.cookie).phase == .starting)
    #expect(cloud.told == ["warning: Docker on vm: no swap"])
  }

  @Test func `The files make the host's key and nothing else`() throws {
    let cloud = engine()
    _ = try provision(cloud)
    let put = try #require(cloud.requests.first { $0.method == .put })
    let members = try #require(TarMember.read(put.body))
    let key = Ask.privateKey.replacing("\\n", with: "\n")
    #expect(
      members == [
        TarMember(name: "run/sshd/", mode: "0000755", kind: "5", content: ""),
        TarMember(name: "root/.ssh/", mode: "0000700", kind: "5", content: ""),
        TarMember(
          name: "root/.ssh/authorized_keys", mode: "0000600", kind: "0",
          content: "\(Ask.key)\nssh-ed25519 AAAA tenant\n"),
        TarMember(name: "etc/ssh/ssh_host_ed25519_key", mode: "0000600", kind: "0", content: key),
        TarMember(
          name: "etc/ssh/ssh_host_ed25519_key.pub", mode: "0000644", kind: "0", content: "ssh-ed25519 AAAA host\n"),
      ])
    // What came with the image is known to everyone who has it.
    let command = try #require(cloud.body(1)["Cmd"] as? [String])
    #expect(command.filter { $0.hasPrefix("HostKey=") } == ["HostKey=/etc/ssh/ssh_host_ed25519_key"])
    #expect(command.contains("PasswordAuthentication=no"))
    for request in cloud.requests where request.method != .put {
      #expect(!String(decoding: request.body, as: UTF8.self).contains("c2VjcmV0"), "a secret in \(request.path)")
    }
    #expect(!cloud.told.joined().contains("c2VjcmV0"))
  }

  @Test func `Without a host key the container makes one of its own before its first SSH server`() throws {
    let cloud = engine()
    _ = try provision(
      cloud, Ask.provision(userData: "#cloud-config\n{\"ssh_authorized_keys\":[],\"ssh_genkeytypes\":[\"ed25519\"]}\n"))
    #expect(cloud.body(1)["Entrypoint"] as? [String] == ["/bin/sh"])
    let script = try #require((cloud.body(1)["Cmd"] as? [String])?.dropFirst().first)
    #expect(script.contains("ssh-keygen -q -t ed25519"))
    let put = try #require(cloud.requests.first { $0.method == .put })
    #expect(TarMember.read(put.body)?.last?.name == "etc/ssh/slipway_fresh")
  }

  @Test(arguments: [
    "#!/bin/sh\necho", "#cloud-config\nssh_pwauth: false", "#cloud-config\n{\"runcmd\":[\"reboot\"]}",
    "#cloud-config\n{\"disable_root\":true}", "#cloud-config\n{\"ssh_keys\":{\"dsa_private\":\"c2VjcmV0\"}}",
    "#cloud-config\n{\"ssh_keys\":{\"ed25519_public\":\"x\"}}", "#cloud-config\n{\"ssh_authorized_keys\":[\"a\\nb\"]}",
    "#cloud-config\n{\"ssh_authorized_keys\":[1]}", "#cloud-config\n[]",
  ])
  func `User data that a container cannot do is refused before anything is sent`(userData: String) throws {
    let cloud = engine()
    let refused = failure { () throws(CloudFailure) in try provision(cloud, Ask.provision(userData: userData)) }
    #expect(refused?.code == .invalidSpec)
    #expect(refused?.report.violations?.first?.path == "user_data")
    #expect(refused?.description.contains("c2VjcmV0") == false)
    #expect(cloud.lines.isEmpty)
  }

  @Test(
    arguments: [
      ["privileged": .bool(true)], ["binds": .array([.string("/:/host")])], ["network": .string("host")],
      ["network": .string("container:x")], ["network": .string("none")], ["cap_drop": .array([.string("ALL")])],
      ["restart": .string("always")], ["pids_limit": .integer(-1)], ["devices": .array([])],
      ["pid_mode": .string("host")], ["init": .string("yes")],
    ] as [[String: JSONValue]])
  func `What is not on the list of options is refused before anything is sent`(config: [String: JSONValue]) throws {
    let cloud = engine()
    let refused = failure { () throws(CloudFailure) in try provision(cloud, Ask.provision(config: config)) }
    #expect(refused?.code == .invalidSpec)
    #expect(refused?.report.violations?.count == 1)
    #expect(cloud.lines.isEmpty)
  }

  // MARK: Half-made containers

  @Test func `A container that was made is told, whatever fails after that`() throws {
    let problems: [CloudOutcome] = [
      .sentNoAnswer(reason: "cut"), .closed, .json(500, "{"), Answer.message(500, "no space left on device"),
      Answer.message(409, "container is busy"), .notSent(reason: "gone", retryAfterMs: 0),
      Answer.message(500, "driver failed: Bind for 127.0.0.1:32768 failed: port is already allocated"),
    ]
    for problem in problems {
      for step in [archive, start] {
        let cloud = engine([step: [problem]])
        let reply = try provision(cloud)
        #expect(reply.externalId == Answer.id)
        #expect(reply.state == "incomplete")
        #expect(Cookie(reading: reply.cookie).failure == nil)
      }
    }
  }

  @Test func `A start that can never work is a failure, which the next look tells`() throws {
    let said = #"OCI runtime create failed: exec: "/usr/sbin/sshd": stat /usr/sbin/sshd: no such file or directory"#
    let cloud = engine([start: [Answer.message(400, said)]])
    let reply = try provision(cloud)
    #expect(reply.externalId == Answer.id)
    #expect(reply.state == "failed")
    let look = ScriptedCloud.engine(["GET /containers/json": [Answer.list(Answer.listed(state: "created", port: nil))]])
    let entry = PollEntry(attemptId: Ask.attempt, name: "vm", externalId: Answer.id, cookie: reply.cookie)
    let seen = try docker.poll(Ask.poll(entry), look.call).results.first?.observations.first
    #expect(seen?.state == .failed)
    #expect(seen?.error == said)
  }

  @Test func `Called again it finishes the same container, from wherever it was left`() throws {
    let json = "GET /containers/\(Answer.id)/json"
    let half = engine([json: [.json(200, Answer.container(state: "created"))]])
    #expect(try provision(half, Ask.provision(externalId: Answer.id)).state == "running")
    #expect(
      half.asked == [
        "GET /containers/\(Answer.id)/json", "PUT /containers/\(Answer.id)/archive?path=%2F",
        "POST /containers/\(Answer.id)/start",
      ])
    for state in ["running", "exited", "restarting", "dead"] {
      // It was started: its files are its own now, such as the host key that it changed.
      let whole = engine([json: [.json(200, Answer.container(state: state, port: 1))]])
      #expect(try provision(whole, Ask.provision(externalId: Answer.id)).externalId == Answer.id)
      #expect(whole.asked == ["GET /containers/\(Answer.id)/json"])
    }
    let gone = engine([json: [Answer.noContainer]])
    let request = Ask.provision(externalId: Answer.id)
    #expect(failure { () throws(CloudFailure) in try provision(gone, request) }?.code == .notFound)
    let foreign = engine([json: [.json(200, Answer.container(attempt: "other"))]])
    #expect(failure { () throws(CloudFailure) in try provision(foreign, request) }?.code == .nameTaken)
    #expect(foreign.requests.allSatisfy { !$0.changes })
  }

  private let conflict = Answer.message(
    409, #"Conflict. The container name "/vm" is already in use by container "abc". You have to remove it."#)

  @Test func `A name that is ours is adopted and finished`() throws {
    let cloud = engine([create: [conflict], inspect: [.json(200, Answer.container())]])
    let reply = try provision(cloud)
    #expect(reply.externalId == Answer.id)
    #expect(reply.adopted)
    #expect(cloud.asked.map { $0.prefix { $0 != "?" } } == [create, inspect, archive, start].map { $0[...] })
  }

  @Test func `A name that is not ours is left alone`() throws {
    for label in [nil, "other"] {
      let cloud = engine([create: [conflict], inspect: [.json(200, Answer.container(attempt: label))]])
      let refused = failure { () throws(CloudFailure) in try provision(cloud) }
      #expect(refused?.code == .nameTaken)
      #expect(refused?.report.mayExist == false)
      #expect(cloud.requests.filter(\.changes).count == 1)
    }
  }

  @Test func `A name that is taken and cannot be seen is an unknown outcome`() throws {
    let looks: [CloudOutcome] = [
      Answer.noContainer, .sentNoAnswer(reason: "cut"), .json(200, "{"), .json(500, "{}"),
      .json(200, Answer.container(name: "vm-10")),
    ]
    for look in looks {
      let cloud = engine([create: [conflict], inspect: [look]])
      let lost = failure { () throws(CloudFailure) in try provision(cloud) }
      #expect(lost?.code == .unknownOutcome)
      #expect(lost?.report.mayExist == true)
    }
  }

  @Test(arguments: [
    CloudOutcome.sentNoAnswer(reason: "reset"), .json(500, "{}"), .json(201, "{}"), .json(201, "{"),
    .json(201, #"{"Id":"short"}"#), .json(201, #"{"Id":"vm"}"#),
  ])
  func `A create that may have happened is an unknown outcome, and is not repeated`(outcome: CloudOutcome) throws {
    let cloud = engine([create: [outcome]])
    let lost = failure { () throws(CloudFailure) in try provision(cloud) }
    #expect(lost?.code == .unknownOutcome)
    #expect(lost?.report.mayExist == true)
    #expect(cloud.requests.filter(\.changes).count == 1)
  }

  @Test(
    arguments: [
      (Answer.message(400, "invalid something"), .invalidSpec),
      (Answer.message(403, "authorization denied by plugin x"), .forbidden),
      (Answer.message(400, "--storage-opt is supported only for overlay over xfs"), .invalidSpec),
      (.notSent(reason: "no such socket", retryAfterMs: 0), .unavailable),
    ] as [(CloudOutcome, FailureCode)])
  func `A definite no says what it is, and that nothing exists`(outcome: CloudOutcome, code: FailureCode) throws {
    let cloud = engine([create: [outcome]])
    let refused = try #require(failure { () throws(CloudFailure) in try provision(cloud) })
    #expect(refused.code == code)
    #expect(refused.report.mayExist == false)
    #expect(refused.report.remedy?.isEmpty == false)
  }

  @Test func `An image that vanished since prepare is pulled once more`() throws {
    let cloud = engine([
      create: [Answer.message(404, "No such image: debian:12"), created],
      "GET /images/debian:12/json": [Answer.message(404, "No such image"), .json(200, #"{"Architecture":"amd64"}"#)],
      "POST /images/create": [.json(200, "{\"status\":\"Pull complete\",\"id\":\"a\"}\n")],
    ])
    #expect(try provision(cloud).externalId == Answer.id)
    #expect(cloud.asked.filter { $0.hasPrefix(create) }.count == 2)
  }
}
