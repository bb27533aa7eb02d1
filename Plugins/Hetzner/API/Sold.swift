import PluginKit
import PluginMessages

/// A server type.
struct ServerType: Listed {
  static let root = "server_types"

  var id: Int64
  var name: String
  var description: String?
  var cores: Int
  var memory: Double
  var disk: Double
  var architecture: String
  var prices: [LocationPrice]?
  var locations: [Place]

  /// Where it is sold. Stock and deprecation are here; `prices` also names places where it is not sold.
  struct Place: Decodable, Sendable {
    var name: String
    var available: Bool?
    var deprecation: Deprecation?
  }

  struct LocationPrice: Decodable, Sendable {
    var location: String
    var priceHourly: Amount
    var priceMonthly: Amount?

    enum CodingKeys: String, CodingKey {
      case location
      case priceHourly = "price_hourly"
      case priceMonthly = "price_monthly"
    }
  }

  struct Amount: Decodable, Sendable { var net: String }

  /// Memory in MiB; Hetzner states GB, some types with a fraction.
  var memoryMb: Int { Int(exactly: (min(max(memory, 0), 1e6) * 1024).rounded()) ?? 0 }
  /// Disk in GB.
  var diskGb: Int { Int(exactly: min(max(disk, 0), 1e9).rounded()) ?? 0 }

  /// What it costs there, without tax. Hetzner bills each hour begun, and never more than the month's price.
  func price(in location: String, currency: String) -> Price? {
    guard let price = (prices ?? []).first(where: { $0.location == location }) else { return nil }
    return Price(
      hourly: price.priceHourly.net, monthly: price.priceMonthly?.net, currency: currency, net: true,
      granularityS: 3_600, minimumS: 3_600, monthlyCap: price.priceMonthly?.net)
  }
}

/// When something can no longer be bought.
struct Deprecation: Decodable, Sendable {
  var unavailableAfter: String?

  enum CodingKeys: String, CodingKey {
    case unavailableAfter = "unavailable_after"
  }
}

/// An image.
struct Image: Listed {
  static let root = "images"

  var id: Int64
  var name: String?
  var architecture: String
  /// Date since which it is deprecated; it stays usable for about three months.
  var deprecated: String?
}

/// A place.
struct Location: Listed {
  static let root = "locations"

  var id: Int64
  var name: String
  var city: String?
  var country: String?
}

/// Architectures by Hetzner's names and by ours.
enum Architecture {
  private static let names = ["x86": "x86_64", "arm": "arm64"]

  /// Our name of Hetzner's architecture; one that we do not know stays as it is.
  static func ours(_ hetzner: String) -> String { names[hetzner] ?? hetzner }
}
