@testable import DigitalOcean
import PluginFixture
import PluginKit
import PluginMessages

extension CloudOutcome {
  static func refused(_ status: Int, _ id: String, _ message: String, headers: [String: String] = [:]) -> Self {
    json(
      status, #"{"id":"\#(id)","message":"\#(message)","request_id":"r0"}"#,
      headers: headers.merging(["x-request-id": "c0ffee"]) { given, _ in given })
  }

  static func invalid(_ message: String) -> Self { refused(422, "unprocessable_entity", message) }

  static let missing = refused(404, "not_found", "The resource you were accessing could not be found.")

  /// A page whose links lead to another host, as they may behind a proxy.
  static func page(_ root: String, _ items: [String], total: Int? = nil, next: Int? = nil, last: Int? = nil) -> Self {
    func link(_ name: String, _ number: Int?) -> String? {
      number.map { #""\#(name)":"https://elsewhere.invalid/v2/\#(root)?page=\#($0)&per_page=200""# }
    }
    let links = [link("next", next), link("last", last)].compactMap { $0 }
    let pages = links.isEmpty ? "" : #""pages":{\#(links.joined(separator: ","))}"#
    return json(
      200,
      #"{"\#(root)":[\#(items.joined(separator: ","))],"links":{\#(pages)},"meta":{"total":\#(total ?? items.count)}}"#)
  }

  static let none = CloudOutcome.answered(CloudResponse(status: 204))
}

/// What DigitalOcean answers, as far as the tests need it, with fields that the plugin does not read.
enum Answer {
  static func droplet(
    _ id: Int64 = 42, name: String = "vm", status: String = "active", attempt: String? = nil,
    tags: [String]? = nil, hidesTags: Bool = false, ipv4: String? = "192.0.2.1", ipv6: String? = "2001:db8::1",
    created: String = "2026-05-01T00:00:00Z", size: String = "s-1vcpu-1gb"
  ) -> String {
    let ours = attempt.map { ["slipway-installation:inst", "slipway-vm:\($0):O:R"] } ?? []
    let shown = (tags ?? ours).map { "\"\($0)\"" }.joined(separator: ",")
    var v4 = [#"{"ip_address":"10.1.2.3","netmask":"255.255.0.0","gateway":"10.1.0.1","type":"private"}"#]
    if let ipv4 { v4.append(#"{"ip_address":"\#(ipv4)","netmask":"x","gateway":"x","type":"public"}"#) }
    let v6 = ipv6.map { #"{"ip_address":"\#($0)","netmask":64,"gateway":"x","type":"public"}"# } ?? ""
    let networks = status == "new" ? #"{"v4":[],"v6":[]}"# : #"{"v4":[\#(v4.joined(separator: ","))],"v6":[\#(v6)]}"#
    return """
      {"id":\(id),"name":"\(name)","memory":1024,"vcpus":1,"disk":25,"locked":false,"status":"\(status)",
      "kernel":null,"created_at":"\(created)","features":[],"image":{"id":7,"slug":"debian-12-x64"},
      "size":{"slug":"\(size)"},"size_slug":"\(size)","networks":\(networks),"region":{"slug":"fra1","future":[]},
      \(hidesTags ? "" : "\"tags\":[\(shown)],")"future_field":[{}]}
      """
  }

  static func one(_ droplet: String) -> CloudOutcome { .json(200, #"{"droplet":\#(droplet)}"#) }

  static func created(_ id: Int64 = 42, action: Int64? = 7) -> String {
    let actions =
      action.map {
        #"{"id":1,"rel":"other","href":"x"},{"id":\#($0),"rel":"create","href":"https://x/v2/actions/\#($0)"}"#
      }
      ?? ""
    return #"{"droplet":\#(droplet(id, status: "new")),"links":{"actions":[\#(actions)]}}"#
  }

  static func action(_ id: Int64, _ type: String, _ status: String, droplet: Int64 = 42) -> String {
    """
    {"id":\(id),"status":"\(status)","type":"\(type)","started_at":"2026-05-01T00:00:00Z","completed_at":null,
    "resource_id":\(droplet),"resource_type":"droplet","region":null,"region_slug":"fra1"}
    """
  }

  static func size(
    _ slug: String = "s-1vcpu-1gb", regions: [String] = ["fra1", "nyc3"], available: Bool = true, disk: Int = 25,
    hourly: String = "0.00893", monthly: String = "6.0"
  ) -> String {
    let places = regions.map { "\"\($0)\"" }.joined(separator: ",")
    return """
      {"slug":"\(slug)","memory":1024,"vcpus":1,"disk":\(disk),"transfer":1.0,"price_monthly":\(monthly),
      "price_hourly":\(hourly),"regions":[\(places)],"available":\(available),"description":"Basic"}
      """
  }

  static func region(
    _ slug: String, available: Bool = true, sizes: [String]? = nil, features: [String]? = ["ipv6", "metadata"]
  ) -> String {
    let sold = sizes.map { #","sizes":[\#($0.map { "\"\($0)\"" }.joined(separator: ","))]"# } ?? ""
    let can = features.map { #","features":[\#($0.map { "\"\($0)\"" }.joined(separator: ","))]"# } ?? ""
    return #"{"name":"Region \#(slug)","slug":"\#(slug)","available":\#(available)\#(sold)\#(can)}"#
  }

  static func image(
    _ slug: String? = "debian-12-x64", id: Int64 = 7, regions: [String] = ["fra1", "nyc3"], minDisk: Int = 7,
    status: String = "available"
  ) -> String {
    """
    {"id":\(id),"name":"12 x64","distribution":"Debian","slug":\(slug.map { "\"\($0)\"" } ?? "null"),"public":true,
    "regions":[\(regions.map { "\"\($0)\"" }.joined(separator: ","))],"min_disk_size":\(minDisk),
    "status":"\(status)","type":"base","created_at":"2026-01-01T00:00:00Z"}
    """
  }

  static func key(_ id: Int64, name: String = "slipway-inst") -> String {
    #"{"id":\#(id),"name":"\#(name)","fingerprint":"\#(Ask.fingerprint)","public_key":"\#(Ask.key)"}"#
  }
}

/// Requests of the host.
enum Ask {
  static let attempt = "01J00000000000000000000ATT"
  static let key =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIHTE5d5LOW0mPBrzb8vJSkuOOp0eDBNGLD1OxvtXKWC installation"
  static let fingerprint = (try? InstallationKey(key, of: account))?.fingerprint ?? ""
  static let account = AccountContext(id: "acc", installationId: "inst")

  static func placement(
    _ type: String = "s-1vcpu-1gb", _ location: String = "fra1", _ image: String = "debian-12",
    config: JSONValue = .object([:])
  ) -> PlacementSpec {
    PlacementSpec(type: type, location: location, image: image, config: config)
  }

  static func provision(
    cookie: Cookie? = Cookie(gpu: false), placement: PlacementSpec = placement(), externalId: String? = nil,
    tags: [String: String] = [:], imageId: String = "debian-12-x64", keys: [String] = [key],
    userData: String = "#cloud-config\n{}"
  ) throws(CloudFailure) -> ProvisionRequest {
    ProvisionRequest(
      account: account, attemptId: attempt, operationId: "O", resourceId: "R", name: "vm", tags: tags,
      placement: placement, imageId: imageId, architecture: "x86_64", sshPublicKeys: keys, userData: userData,
      cookie: try cookie?.text(), externalId: externalId)
  }

  /// An attempt whose id is known.
  static func entry(
    _ id: Int64, attempt: String = attempt, expect: String = "present", cookie: Cookie? = nil
  ) throws -> PollEntry {
    PollEntry(attemptId: attempt, name: "vm", externalId: String(id), expect: expect, cookie: try cookie?.text())
  }

  /// An attempt that is looked up.
  static func lookup(attempt: String = attempt, name: String = "vm", gpu: Bool? = false) throws -> PollEntry {
    PollEntry(attemptId: attempt, name: name, cookie: try Cookie(gpu: gpu).text())
  }

  static func terminate(_ externalId: String = "42") -> TerminateRequest {
    TerminateRequest(account: account, attemptId: attempt, name: "vm", externalId: externalId)
  }

  static func power(_ action: String) -> PowerRequest {
    PowerRequest(account: account, attemptId: attempt, name: "vm", externalId: "42", action: action)
  }
}
