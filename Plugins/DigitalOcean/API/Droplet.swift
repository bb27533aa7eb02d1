import PluginKit
import PluginMessages

/// A droplet, as far as the plugin reads it; every other field may come and go, and a token whose scopes
/// hide a field shows a droplet without it: what is missing is unknown, not empty.
struct Droplet: Listed {
  static let root = "droplets"

  var id: Int64
  var name: String
  var status: String?
  var created: String?
  var networks: Networks?
  var tags: [String]?
  var sizeSlug: String?
  var region: Region?

  enum CodingKeys: String, CodingKey {
    case id, name, status
    case created = "created_at"
    case networks, tags
    case sizeSlug = "size_slug"
    case region
  }

  /// `{"droplet": …}`.
  struct Envelope: Decodable { var droplet: Droplet }

  struct Networks: Decodable {
    var v4: [Address]?
    var v6: [Address]?
  }

  struct Address: Decodable {
    var ip: String?
    var type: String?

    enum CodingKeys: String, CodingKey {
      case ip = "ip_address"
      case type
    }
  }

  struct Region: Decodable { var slug: String? }

  /// Where it can be reached; the private address may come first in the list.
  var addresses: Addresses { Addresses(ipv4: Self.open(networks?.v4), ipv6: Self.open(networks?.v6)) }

  private static func open(_ all: [Address]?) -> String? {
    (all ?? []).first { $0.type == "public" && !($0.ip ?? "").isEmpty }?.ip
  }

  /// Creation by DigitalOcean's clock, RFC 3339 in UTC.
  var createdAt: String? { created.flatMap(Instant.normalized) }

  /// The state as the host knows it: it runs once it is active and has its address.
  var state: ObjectState {
    switch status {
    case "new": .pending
    case "active": addresses == Addresses() ? .pending : .running
    case "off": .stopped
    default: .unknown
    }
  }

  /// The droplet as an observation.
  func observation(error: String? = nil) -> ObjectObservation {
    let trouble = status == "archive" ? "DigitalOcean archived the droplet" : nil
    return ObjectObservation(
      externalId: String(id), state: state, createdAt: createdAt, addresses: addresses, error: error ?? trouble)
  }

  /// Seconds for which a droplet may be without the tags that it was asked for with. They come when it runs;
  /// the rest is for clocks that differ.
  private static let tagsMayBeLate: Int64 = 900

  /// Whether it is that attempt's: by its tag, or, while it cannot show tags yet or the token may not see
  /// them, by its name, which holds the attempt's id.
  func belongs(to attempt: String, named wanted: String, nowMs: Int64) -> Bool {
    if let machine = Tags.machine(in: tags) { return Tags.isSame(machine, attempt: attempt) }
    guard name.lowercased() == wanted.lowercased() else { return false }
    guard let tags else { return true }
    return tags.isEmpty && (status == "new" || isYoung(nowMs))
  }

  /// Whether it was made within a quarter of an hour, or in what is the future here.
  private func isYoung(_ nowMs: Int64) -> Bool {
    guard let seconds = created.flatMap(Instant.seconds) else { return false }
    return seconds >= nowMs / 1_000 - Self.tagsMayBeLate
  }
}

/// An SSH key object; fingerprints are unique, names are not, and there are no tags.
struct SSHKey: Listed {
  static let root = "ssh_keys"

  var id: Int64
  var name: String?
  var fingerprint: String?

  /// `{"ssh_key": …}`.
  struct Envelope: Decodable {
    var key: SSHKey

    enum CodingKeys: String, CodingKey {
      case key = "ssh_key"
    }
  }
}
