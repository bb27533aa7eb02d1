@testable import Docker
import Foundation
import PluginFixture
import PluginKit
import PluginMessages

/// What an engine answers, as far as the tests need it, with fields that the plugin does not read.
enum Answer {
  static let id = String(repeating: "a1b2c3d4", count: 8)
  static let other = String(repeating: "0f", count: 32)

  static func ping(_ version: String = "1.41") -> CloudOutcome {
    .json(200, "", headers: ["api-version": version, "ostype": "linux"])
  }

  static func message(_ status: Int, _ text: String) -> CloudOutcome {
    .json(status, String(decoding: (try? JSON.encode(["message": text])) ?? [], as: UTF8.self))
  }

  static let noContainer = message(404, "No such container: \(id)")

  static func labels(_ attempt: String?) -> String {
    attempt.map { #"{"slipway":"1","slipway-attempt":"\#($0)","slipway-installation":"inst"}"# } ?? "null"
  }

  /// One container, as `inspect` shows it.
  static func container(
    _ id: String = Answer.id, name: String = "vm", attempt: String? = Ask.attempt, state: String = "created",
    oom: Bool = false, code: Int = 0, port: Int? = nil
  ) -> String {
    let ports = port.map { #"{"22/tcp":[{"HostIp":"127.0.0.1","HostPort":"\#($0)"}],"80/tcp":null}"# } ?? "{}"
    return """
      {"Id":"\(id)","Name":"/\(name)","Created":"2026-05-28T20:26:30.123456789Z","Future":[{}],"State":{"Status":"\(state)",
      "Running":\(state == "running"),"OOMKilled":\(oom),"ExitCode":\(code),"Error":"","Health":null},
      "Config":{"Labels":\(labels(attempt)),"Env":["PATH=/bin"]},"NetworkSettings":{"Ports":\(ports)}}
      """
  }

  /// One container, as a listing shows it; made a second before the tests' clock.
  static func listed(
    _ id: String = Answer.id, name: String = "vm", attempt: String? = Ask.attempt, state: String = "running",
    port: Int? = 32768, age: Int64 = 1
  ) -> String {
    let ports =
      port.map {
        #"{"IP":"127.0.0.1","PrivatePort":22,"PublicPort":\#($0),"Type":"tcp"},{"PrivatePort":80,"Type":"tcp"}"#
      }
      ?? ""
    return """
      {"Id":"\(id)","Names":["/\(name)"],"Image":"x","Created":\(1_780_000_000 - age),"Labels":\(labels(attempt)),
      "State":"\(state)","Status":"Up 1 second","Ports":[\(ports)],"Mounts":[]}
      """
  }

  static func list(_ items: String...) -> CloudOutcome { .json(200, "[\(items.joined(separator: ","))]") }

  static let hostNetwork = "13e871235c677f196c4e1ecebb9dc733b9b2d2ab589e30c539efeda84a24215e"

  /// The networks of an engine, with `GET /networks`.
  static let networks = CloudOutcome.json(
    200,
    """
    [{"Name":"bridge","Id":"f2de39df","Scope":"local","Driver":"bridge","Internal":false,"Options":{}},
    {"Name":"none","Id":"e086a389","Scope":"local","Driver":"null"},
    {"Name":"host","Id":"\(hostNetwork)","Scope":"local","Driver":"host"},
    {"Name":"Metal","Id":"77","Scope":"local","Driver":"host"},
    {"Name":"tenants","Id":"1a","Scope":"local","Driver":"bridge"},
    {"Name":"secluded","Id":"1b","Scope":"local","Driver":"bridge","Internal":true},
    {"Name":"wide","Id":"1c","Scope":"swarm","Driver":"overlay","Attachable":true},
    {"Name":"services","Id":"1d","Scope":"swarm","Driver":"overlay","Attachable":false},
    {"Name":"ingress","Id":"1e","Scope":"swarm","Driver":"overlay","Attachable":true,"Ingress":true},
    {"Name":"draft","Id":"1f","Scope":"local","Driver":"bridge","ConfigOnly":true},
    {"Name":"flat","Id":"20","Scope":"local","Driver":"macvlan"},{"Name":4}]
    """)

  static func info(limits: Bool = true, id: String = "BWI4:UWKC", folder: String = "/var/lib/docker") -> CloudOutcome {
    .json(
      200,
      """
      {"ID":"\(id)","DockerRootDir":"\(folder)","Name":"box","OSType":"linux","Architecture":"x86_64","NCPU":4,"MemTotal":8589934592,
      "MemoryLimit":\(limits),"CpuCfsQuota":\(limits),"PidsLimit":true,"SwapLimit":true,"ServerVersion":"20.10.24"}
      """)
  }
}

/// Requests of the host.
enum Ask {
  static let attempt = "01J00000000000000000000ATT"
  static let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIHTE5d5LOW0mPBrzb8vJSkuOOp0eDBNGLD1OxvtXKWC installation"
  static let privateKey = "-----BEGIN OPENSSH PRIVATE KEY-----\\nc2VjcmV0\\n-----END OPENSSH PRIVATE KEY-----\\n"

  static func account(_ settings: [String: JSONValue] = [:]) -> AccountContext {
    AccountContext(id: "acc", installationId: "inst", settings: .object(settings))
  }

  /// The account as it is once its engine was pinned.
  static let pinned = AccountContext(
    id: "acc", installationId: "inst", identity: "engine:BWI4:UWKC /var/lib/docker")

  /// As the host writes it.
  static let userData = """
    #cloud-config
    {"disable_root":false,"ssh_authorized_keys":["\(key)","ssh-ed25519 AAAA tenant"],"ssh_deletekeys":true,\
    "ssh_genkeytypes":[],"ssh_keys":{"ed25519_private":"\(privateKey)","ed25519_public":"ssh-ed25519 AAAA host"},\
    "ssh_pwauth":false}

    """

  static func placement(
    _ type: String = "c2-m1024", _ location: String = "box", _ image: String = "debian:12",
    config: [String: JSONValue] = [:]
  ) -> PlacementSpec {
    PlacementSpec(type: type, location: location, image: image, config: .object(config))
  }

  static func provision(
    externalId: String? = nil, userData: String = Ask.userData, config: [String: JSONValue] = [:],
    settings: [String: JSONValue] = [:], tags: [String: String] = [:]
  ) -> ProvisionRequest {
    ProvisionRequest(
      account: account(settings), attemptId: attempt, operationId: "O", resourceId: "R", name: "vm", tags: tags,
      placement: placement(config: config), imageId: "debian:12", architecture: "x86_64", sshPublicKeys: [key],
      userData: userData, externalId: externalId)
  }

  static func poll(_ entries: PollEntry...) -> PollRequest { PollRequest(account: account(), entries: entries) }

  static func entry(_ id: String? = Answer.id, expect: String = "present", cookie: Cookie? = nil) throws -> PollEntry {
    PollEntry(attemptId: attempt, name: "vm", externalId: id, expect: expect, cookie: try cookie?.text())
  }
}

extension ScriptedCloud {
  /// An engine of API 1.41 that answers by "METHOD path" without the version.
  static func engine(_ answers: [String: [CloudOutcome]], version: String = "1.41") -> ScriptedCloud {
    var all = ["HEAD /_ping": [Answer.ping(version)]]
    for (line, outcomes) in answers {
      all[line.replacing(" /", with: " /v\(version)/", maxReplacements: 1)] = outcomes
    }
    return ScriptedCloud(all)
  }

  /// Requests beside the negotiation, without the version.
  var asked: [String] {
    lines.filter { !$0.contains("/_ping") }.map { $0.replacing("/v1.41/", with: "/") }
  }

  /// Index of the first request whose line begins so.
  func index(_ line: String) -> Int? { lines.firstIndex { $0.hasPrefix(line) } }
}

/// A member of a tar archive, as anybody reads it.
struct TarMember: Equatable {
  var name: String
  var mode: String
  var kind: String
  var content: String

  /// Reads an archive; nil where a checksum is wrong or the end is missing.
  static func read(_ bytes: [UInt8]) -> [TarMember]? {
    func text(_ range: Range<Int>) -> String {
      String(decoding: bytes[range].prefix { $0 != 0 }, as: UTF8.self).trimmingCharacters(in: .whitespaces)
    }
    var members: [TarMember] = []
    var at = 0
    while at + 1_024 <= bytes.count {
      if bytes[at..<at + 1_024].allSatisfy({ $0 == 0 }) { return at + 1_024 == bytes.count ? members : nil }
      var header = Array(bytes[at..<at + 512])
      header.replaceSubrange(148..<156, with: repeatElement(0x20, count: 8))
      guard Int(text(at + 148..<at + 154), radix: 8) == header.reduce(0, { $0 + Int($1) }),
        let size = Int(text(at + 124..<at + 135), radix: 8), text(at + 257..<at + 262) == "ustar",
        text(at + 108..<at + 115) == "0000000", text(at + 116..<at + 123) == "0000000"
      else { return nil }
      let content = bytes[at + 512..<at + 512 + size]
      members.append(
        TarMember(
          name: text(at..<at + 100), mode: text(at + 100..<at + 107), kind: text(at + 156..<at + 157),
          content: String(decoding: content, as: UTF8.self)))
      at += 512 + (size + 511) / 512 * 512
    }
    return nil
  }
}
