import PluginFixture
import PluginKit
import PluginMessages
@testable import Vultr

extension CloudOutcome {
  static func vultr(_ status: Int, _ text: String) -> CloudOutcome {
    json(status, #"{"error":"\#(text)","status":\#(status)}"#)
  }

  static func page(_ root: String, _ items: [String], total: Int? = nil, next: String = "") -> Self {
    json(
      200,
      #"{"\#(root)":[\#(items.joined(separator: ","))],"meta":{"total":\#(total ?? items.count),"#
        + #""links":{"next":"\#(next)","prev":""}}}"#)
  }

  static let none = CloudOutcome.answered(CloudResponse(status: 204))
}

/// What Vultr answers, as far as the tests need it, with fields that the plugin does not read.
enum Answer {
  /// The n-th instance's id.
  static func id(_ number: Int) -> String {
    let digits = String(number)
    return "4f0f12e5-1f84-404f-aa84-" + String(repeating: "0", count: 12 - digits.count) + digits
  }

  static func instance(
    _ number: Int = 42, label: String = "vm", status: String = "active", power: String = "running",
    server: String = "ok", ipv4: String = "192.0.2.1", ipv6: String = "2001:db8::1", attempt: String? = nil,
    created: String = "2026-05-01T02:00:00+02:00", password: String? = nil
  ) -> String {
    let tags = attempt.map { #""slipway","slipway-installation:inst","slipway-attempt:\#($0)""# } ?? #""a tag""#
    let secret = password.map { #""default_password":"\#($0)","# } ?? ""
    return """
      {"id":"\(id(number))","os":"Debian 12 x64 (bookworm)","ram":1024,"disk":25,"main_ip":"\(ipv4)","vcpu_count":1,
      "region":"ams","plan":"vc2-1c-1gb","date_created":"\(created)","status":"\(status)","allowed_bandwidth":1000,
      "netmask_v4":"","gateway_v4":"0.0.0.0","power_status":"\(power)","server_status":"\(server)","v6_network":"",
      "v6_main_ip":"\(ipv6)","v6_network_size":64,"label":"\(label)","internal_ip":"","kvm":"","hostname":"vm",
      "os_id":2136,"app_id":0,"image_id":"","firewall_group_id":"","features":["ipv6"],\(secret)
      "tags":[\(tags)],"user_scheme":"root","future_field":[{}]}
      """
  }

  static func one(_ instance: String) -> CloudOutcome { .json(200, #"{"instance":\#(instance)}"#) }

  static func created(_ number: Int = 42, password: String? = "v5{Fkvb#2ycPGwHs") -> String {
    let made = instance(
      number, status: "pending", server: "none", ipv4: "0.0.0.0", ipv6: "", password: password)
    return #"{"instance":\#(made)}"#
  }

  static func plan(
    _ id: String, locations: [String] = ["ams", "ewr"], hourly: String? = "0.007", monthly: String = "5",
    onDemand: Bool? = nil
  ) -> String {
    let hourlyCost = hourly.map { #","hourly_cost":\#($0)"# } ?? ""
    let deploy = onDemand.map { #","deploy_ondemand":\#($0)"# } ?? ""
    let places = locations.map { "\"\($0)\"" }.joined(separator: ",")
    return
      #"{"id":"\#(id)","vcpu_count":1,"ram":1024,"disk":25,"disk_count":2,"bandwidth":1024,"monthly_cost":\#(monthly)"#
      + #","type":"vc2","locations":[\#(places)]\#(hourlyCost)\#(deploy)}"#
  }

  static func system(_ id: Int, _ name: String, _ family: String, arch: String = "x64") -> String {
    #"{"id":\#(id),"name":"\#(name)","arch":"\#(arch)","family":"\#(family)"}"#
  }

  static func key(
    _ id: String, _ body: String, name: String = "slipway-inst", created: String = "2026-05-01T00:00:00+00:00"
  )
    -> String
  {
    #"{"id":"\#(id)","date_created":"\#(created)","name":"\#(name)","ssh_key":"\#(body)"}"#
  }
}

/// Requests of the host.
enum Ask {
  static let attempt = "01J00000000000000000000ATT"
  static let key =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIHTE5d5LOW0mPBrzb8vJSkuOOp0eDBNGLD1OxvtXKWC installation"
  static let otherKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA other"
  static let account = AccountContext(id: "acc", installationId: "inst")
  static let keyID = "cb676a46-66fd-4dfb-b839-443f2e6c0b60"

  static func placement(
    _ type: String = "vc2-1c-1gb", _ location: String = "ams", _ image: String = "debian-12",
    config: JSONValue = .object([:])
  ) -> PlacementSpec {
    PlacementSpec(type: type, location: location, image: image, config: config)
  }

  static func provision(
    cookie: Cookie? = Cookie(key: keyID), config: JSONValue = .object([:]), externalId: String? = nil,
    tags: [String: String] = [:], imageId: String = "2136"
  ) throws(CloudFailure) -> ProvisionRequest {
    ProvisionRequest(
      account: account, attemptId: attempt, operationId: "O", resourceId: "R", name: "vm", tags: tags,
      placement: placement(config: config), imageId: imageId, architecture: "x86_64", sshPublicKeys: [key],
      userData: "#cloud-config\n{}", cookie: try cookie?.text(), externalId: externalId)
  }

  /// An attempt whose id is known.
  static func entry(
    _ number: Int, attempt: String = attempt, expect: String = "present", cookie: Cookie? = nil
  ) throws -> PollEntry {
    PollEntry(
      attemptId: attempt, name: "vm", externalId: Answer.id(number), expect: expect, cookie: try cookie?.text())
  }

  /// An attempt that is looked up.
  static func lookup(attempt: String = attempt, name: String = "vm") -> PollEntry {
    PollEntry(attemptId: attempt, name: name)
  }

  static func terminate(_ externalId: String = Answer.id(42)) -> TerminateRequest {
    TerminateRequest(account: account, attemptId: attempt, name: "vm", externalId: externalId)
  }

  static func power(_ action: String) -> PowerRequest {
    PowerRequest(account: account, attemptId: attempt, name: "vm", externalId: Answer.id(42), action: action)
  }
}
