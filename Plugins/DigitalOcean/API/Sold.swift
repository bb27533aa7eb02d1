import FoundationEssentials
import PluginKit
import PluginMessages

/// A size.
struct Size: Listed {
  static let root = "sizes"

  var slug: String
  /// MiB.
  var memory: Int
  var vcpus: Int
  /// GB.
  var disk: Int
  var hourly: Amount?
  var monthly: Amount?
  /// Regions where it can be bought now.
  var regions: [String]?
  var available: Bool?
  var description: String?

  var id: String { slug }

  enum CodingKeys: String, CodingKey {
    case slug, memory, vcpus, disk
    case hourly = "price_hourly"
    case monthly = "price_monthly"
    case regions, available, description
  }

  /// A price, whose number DigitalOcean carries through binary floating point: rounded to millionths; nothing
  /// where it is no price.
  struct Amount: Decodable, Sendable {
    var text: DecimalText?

    init(from decoder: any Decoder) throws {
      let number = try? decoder.singleValueContainer().decode(Decimal.self)
      text = number.flatMap { DecimalText(rounding: $0.description, to: 6) }
    }
  }

  /// Memory in MiB.
  var memoryMb: Int { min(max(memory, 0), 1_000_000_000) }
  /// Disk in GB.
  var diskGb: Int { min(max(disk, 0), 1_000_000_000) }
  /// Virtual processors.
  var vcpu: Int { min(max(vcpus, 0), 1_000_000) }

  /// Whether only the listing of GPU droplets shows its droplets.
  static func isGPU(_ slug: String) -> Bool { slug.hasPrefix("gpu-") }

  /// Least charge for a droplet, in millionths of a dollar, and the seconds charged at least.
  private static let leastCharge: Int64 = 10_000
  private static let leastSeconds: Int64 = 60

  /// What it costs, in US dollars and without tax, in every region. Billed by the second since 2026, at least
  /// 60 s or 1 cent, and never more than the month's price (DigitalOcean, "Droplet pricing").
  var price: Price? {
    guard let hourly = hourly?.text else { return nil }
    return Price(
      hourly: hourly.description, monthly: monthly?.text?.description, currency: "USD", net: true, granularityS: 1,
      minimumS: Self.minimum(hourly), monthlyCap: monthly?.text?.description)
  }

  /// Seconds whose price is the least charge.
  private static func minimum(_ hourly: DecimalText) -> Int {
    let parts = hourly.description.split(separator: ".")
    let fraction = parts.count > 1 ? String(parts[1].prefix(6)) : ""
    let digits = fraction + String(repeating: "0", count: 6 - fraction.utf8.count)
    guard let whole = parts.first.flatMap({ Int64($0) }), let rest = Int64(digits) else { return Int(leastSeconds) }
    let millionths = whole * 1_000_000 + rest
    guard millionths > 0 else { return Int(leastSeconds) }
    return Int(max(leastSeconds, (leastCharge * 3_600 + millionths - 1) / millionths))
  }
}

/// A region.
struct Region: Listed {
  static let root = "regions"

  var slug: String
  var name: String?
  var available: Bool?
  var features: [String]?
  /// Sizes that can be bought there now.
  var sizes: [String]?

  var id: String { slug }
}

/// An image: of a distribution, an application, or the account's own.
struct Image: Listed {
  static let root = "images"

  var id: Int64
  var slug: String?
  var name: String?
  var regions: [String]?
  /// GB that a droplet's disk must have.
  var minDisk: Int?
  var status: String?

  enum CodingKeys: String, CodingKey {
    case id, slug, name, regions
    case minDisk = "min_disk_size"
    case status
  }

  /// `{"image": …}`.
  struct Envelope: Decodable { var image: Image }

  /// What a create asks for: the slug, which outlives the renewals of a public image, or the number.
  var reference: String { slug.flatMap { $0.isEmpty ? nil : $0 } ?? String(id) }
}

/// The account.
struct Account: Decodable {
  /// Of the user whose token it is.
  var uuid: String?
  var dropletLimit: Int?
  /// `active`, `warning` or `locked`.
  var status: String?
  var statusMessage: String?
  var team: Team?

  enum CodingKeys: String, CodingKey {
    case uuid
    case dropletLimit = "droplet_limit"
    case status
    case statusMessage = "status_message"
    case team
  }

  struct Team: Decodable { var uuid: String? }

  /// `{"account": …}`.
  struct Envelope: Decodable { var account: Account }

  /// Whose droplets these are: a team's, in which the token of any member finds the same ones, and of which
  /// one user may have several.
  var identity: String? {
    if let team = team?.uuid, !team.isEmpty { return "team:\(team)" }
    return uuid.flatMap { $0.isEmpty ? nil : "account:\($0)" }
  }
}
