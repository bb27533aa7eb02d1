import PluginKit
import PluginMessages

/// An instance, as far as the plugin reads it; every other field may come and go. Its default password
/// is not read here.
struct Instance: Listed {
  static let root = "instances"

  var id: String
  var label: String?
  var status: String?
  var powerStatus: String?
  var serverStatus: String?
  var mainIP: String?
  var v6MainIP: String?
  var v6Networks: [Network]?
  var dateCreated: String?
  var tags: [String]?
  var plan: String?
  var region: String?

  enum CodingKeys: String, CodingKey {
    case id, label, status
    case powerStatus = "power_status"
    case serverStatus = "server_status"
    case mainIP = "main_ip"
    case v6MainIP = "v6_main_ip"
    case v6Networks = "v6_networks"
    case dateCreated = "date_created"
    case tags, plan, region
  }

  /// `{"instance": …}`.
  struct Envelope: Decodable { var instance: Instance }

  struct Network: Decodable {
    var mainIP: String?

    enum CodingKeys: String, CodingKey {
      case mainIP = "main_ip"
    }
  }

  /// Whether it carries that attempt's tag. Tags that are not there prove nothing.
  func belongs(to attemptId: String) -> Bool { (tags ?? []).contains(Tags.attempt(attemptId)) }

  /// Where it can be reached; an address that is not given yet is empty or 0.0.0.0.
  var addresses: Addresses {
    let main = Self.given(mainIP)
    let isV6 = main?.contains(":") ?? false
    let v6 = ([v6MainIP] + (v6Networks ?? []).map(\.mainIP)).compactMap(Self.given).first
    return Addresses(ipv4: isV6 ? nil : main, ipv6: v6 ?? (isV6 ? main : nil))
  }

  /// Creation by Vultr's clock, RFC 3339 in UTC.
  var createdAt: String? { dateCreated.flatMap(Instant.normalized) }

  /// The state as the host knows it.
  ///
  /// `active` is not yet ready: the instance runs once it is also powered on, its server status is `ok`
  /// and it has its address. `wantsIPv4` nil: any address will do.
  func state(wantsIPv4: Bool? = nil) -> ObjectState {
    switch status {
    case "pending", "resizing": return .pending
    case "active": break
    default: return .unknown
    }
    guard serverStatus == "ok" else {
      return ["none", "locked", "installingbooting"].contains(serverStatus) ? .pending : .unknown
    }
    switch powerStatus {
    case "stopped": return .stopped
    case "running":
      let known = addresses
      return wantsIPv4 == true ? known.ipv4 == nil ? .pending : .running : known == Addresses() ? .pending : .running
    default: return .unknown
    }
  }

  /// Why it may never get on, in Vultr's words.
  private var trouble: String? { status == "suspended" ? "Vultr suspended the instance" : nil }

  /// The instance as an observation.
  func observation(wantsIPv4: Bool? = nil) -> ObjectObservation {
    ObjectObservation(
      externalId: id, state: state(wantsIPv4: wantsIPv4), createdAt: createdAt, addresses: addresses, error: trouble)
  }

  private static func given(_ address: String?) -> String? {
    guard let address, !address.isEmpty, address != "0.0.0.0", address != "::" else { return nil }
    return address
  }
}

/// An SSH key object; Vultr's have no tags, and names and bodies may repeat.
struct SSHKey: Listed {
  static let root = "ssh_keys"

  var id: String
  var name: String?
  var body: String?
  var dateCreated: String?

  enum CodingKeys: String, CodingKey {
    case id, name
    case body = "ssh_key"
    case dateCreated = "date_created"
  }

  /// `{"ssh_key": …}`.
  struct Envelope: Decodable {
    var key: SSHKey

    enum CodingKeys: String, CodingKey {
      case key = "ssh_key"
    }
  }

  /// Creation by Vultr's clock, RFC 3339 in UTC.
  var createdAt: String? { dateCreated.flatMap(Instant.normalized) }
}
