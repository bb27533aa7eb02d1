import PluginKit
import PluginMessages

/// A server, as far as the plugin reads it; every other field may come and go.
struct Server: Listed {
  static let root = "servers"

  var id: Int64
  var name: String
  var status: String
  var created: String?
  var publicNet: PublicNet?
  var labels: LabelMap?
  var protection: Protection?
  var serverType: Named?
  var location: Named?

  enum CodingKeys: String, CodingKey {
    case id, name, status, created
    case publicNet = "public_net"
    case labels, protection
    case serverType = "server_type"
    case location
  }

  /// `{"server": …}`.
  struct Envelope: Decodable { var server: Server }

  struct PublicNet: Decodable {
    var ipv4: Address?
    var ipv6: Address?
  }

  struct Address: Decodable { var ip: String? }
  struct Protection: Decodable { var delete: Bool? }
  struct Named: Decodable { var name: String? }

  /// Whether deletion is protected.
  var isProtected: Bool { protection?.delete ?? false }

  /// Whether it carries that attempt's label.
  func belongs(to attemptId: String) -> Bool { labels?[Labels.attempt] == attemptId }

  /// Where it can be reached. Hetzner gives IPv6 as a prefix whose `::1` the server configures.
  var addresses: Addresses {
    Addresses(ipv4: publicNet?.ipv4?.ip, ipv6: publicNet?.ipv6?.ip.flatMap(Self.firstAddress))
  }

  /// Creation by Hetzner's clock, RFC 3339 in UTC.
  var createdAt: String? { created.flatMap(Instant.normalized) }

  /// The state as the host knows it. `stopping` still runs; `deleting` is not gone yet.
  var state: ObjectState {
    switch status {
    case "initializing", "starting", "rebuilding", "deleting": .pending
    case "running", "stopping", "migrating": .running
    case "off": .stopped
    default: .unknown
    }
  }

  /// The server as an observation.
  func observation(error: String? = nil) -> ObjectObservation {
    ObjectObservation(
      externalId: String(id), state: state, createdAt: createdAt, addresses: addresses, error: error)
  }

  private static func firstAddress(_ prefix: String) -> String? {
    let address = prefix.prefix { $0 != "/" }
    guard !address.isEmpty else { return nil }
    return address.hasSuffix("::") ? "\(address)1" : String(address)
  }
}
