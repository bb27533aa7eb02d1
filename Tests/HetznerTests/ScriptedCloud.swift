@testable import Hetzner
import PluginKit
import PluginFixture
import PluginMessages

extension CloudOutcome {
  static func hetzner(_ status: Int, _ code: String, _ message: String, details: String = "null") -> CloudOutcome {
    json(
      status, #"{"error":{"message":"\#(message)","code":"\#(code)","details":\#(details)}}"#,
      headers: ["x-correlation-id": "c0ffee"])
  }

  static func page(_ root: String, _ items: [String], total: Int? = nil, next: Int? = nil, last: Int? = nil) -> Self {
    func text(_ number: Int?) -> String { number.map(String.init) ?? "null" }
    return json(
      200,
      """
      {"\(root)":[\(items.joined(separator: ","))],"meta":{"pagination":{"page":1,"per_page":50,"previous_page":null,
      "next_page":\(text(next)),"last_page":\(text(last)),"total_entries":\(total ?? items.count)}}}
      """)
  }
}

/// What Hetzner answers, as far as the tests need it, with fields that the plugin does not read.
enum Answer {
  static func server(
    _ id: Int64, name: String = "vm", status: String = "running", attempt: String? = nil, ipv4: String? = "192.0.2.1",
    ipv6: String? = "2001:db8::/64", protected: Bool = false
  ) -> String {
    let label = attempt.map { #""slipway-attempt":"\#($0)","slipway-installation":"inst""# } ?? ""
    let v4 = ipv4.map { #"{"id":1,"ip":"\#($0)","blocked":false,"dns_ptr":"x"}"# } ?? "null"
    let v6 = ipv6.map { #"{"id":2,"ip":"\#($0)","blocked":false,"dns_ptr":[]}"# } ?? "null"
    return """
      {"id":\(id),"name":"\(name)","status":"\(status)","created":"2026-05-01T00:00:00+00:00","future_field":[{}],
      "public_net":{"ipv4":\(v4),"ipv6":\(v6),"floating_ips":[]},"labels":{\(label)},"image":null,"locked":false,
      "protection":{"delete":\(protected),"rebuild":false},"server_type":{"name":"cx22"},"location":{"name":"fsn1"}}
      """
  }

  static func action(
    _ id: Int64, _ command: String, _ status: String, server: Int64 = 42, error: String = "null"
  ) -> String {
    """
    {"id":\(id),"command":"\(command)","status":"\(status)","progress":50,"started":"2026-05-01T00:00:00+00:00",
    "finished":null,"error":\(error),"resources":[{"id":\(server),"type":"server"}]}
    """
  }

  static func created(_ id: Int64, actions: [Int64] = [7, 8], rootPassword: String? = nil) -> String {
    let next = actions.dropFirst().map { action($0, "start_server", "running", server: id) }.joined(separator: ",")
    return """
      {"server":\(server(id, status: "initializing")),"action":\(action(actions[0], "create_server", "running")),
      "next_actions":[\(next)],"root_password":\(rootPassword.map { "\"\($0)\"" } ?? "null")}
      """
  }

  static func type(
    _ name: String, architecture: String = "x86", locations: [(String, Bool, String?)] = [("fsn1", true, nil)]
  ) -> String {
    let places = locations.map { name, available, after in
      let deprecation =
        after.map { #"{"announced":"2026-01-01T00:00:00+00:00","unavailable_after":"\#($0)"}"# } ?? "null"
      return #"{"id":1,"name":"\#(name)","available":\#(available),"recommended":true,"deprecation":\#(deprecation)}"#
    }
    let prices = locations.map { name, _, _ in
      #"{"location":"\#(name)","price_hourly":{"net":"0.0060000000","gross":"0.0071"},"#
        + #""price_monthly":{"net":"3.7900000000","gross":"4.51"},"included_traffic":1}"#
    }
    return """
      {"id":\(abs(name.hashValue % 100_000) + 1),"name":"\(name)","description":"\(name)","cores":2,"memory":4.0,"disk":40,
      "cpu_type":"shared","storage_type":"local","architecture":"\(architecture)","deprecated":false,
      "prices":[\(prices.joined(separator: ","))],"locations":[\(places.joined(separator: ","))]}
      """
  }

  static func image(_ id: Int64, _ name: String, _ architecture: String = "x86", deprecated: String? = nil) -> String {
    """
    {"id":\(id),"name":"\(name)","type":"system","status":"available","architecture":"\(architecture)",
    "deprecated":\(deprecated.map { "\"\($0)\"" } ?? "null")}
    """
  }
}

/// Requests of the host.
enum Ask {
  static let attempt = "01J00000000000000000000ATT"
  static let key =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIHTE5d5LOW0mPBrzb8vJSkuOOp0eDBNGLD1OxvtXKWC installation"
  /// `ssh-keygen -l -E md5` of it.
  static let account = AccountContext(id: "acc", installationId: "inst")

  static func placement(
    _ type: String = "cx22", _ location: String = "fsn1", _ image: String = "debian-12",
    config: JSONValue = .object([:])
  ) -> PlacementSpec {
    PlacementSpec(type: type, location: location, image: image, config: config)
  }

  static func provision(
    cookie: Cookie? = Cookie(key: 5), config: JSONValue = .object([:]), externalId: String? = nil,
    tags: [String: String] = [:], userData: String = "#cloud-config\n{}"
  ) throws -> ProvisionRequest {
    ProvisionRequest(
      account: account, attemptId: attempt, operationId: "01J00000000000000000000000", resourceId: "R", name: "vm",
      tags: tags, placement: placement(config: config), imageId: "114690387", architecture: "x86_64",
      sshPublicKeys: [key], userData: userData, cookie: try cookie?.text(), externalId: externalId)
  }

  static func entry(
    _ id: Int64?, attempt: String = attempt, expect: String = "present", name: String = "vm", cookie: Cookie? = nil
  ) throws -> PollEntry {
    PollEntry(
      attemptId: attempt, name: name, externalId: id.map(String.init), expect: expect, cookie: try cookie?.text())
  }
}
