import PluginKit
import PluginMessages

/// A plan.
struct Plan: Listed {
  static let root = "plans"

  var id: String
  var vcpuCount: Int
  /// MB.
  var ram: Int
  /// GB of one disk.
  var disk: Int
  var diskCount: Int?
  var monthlyCost: DecimalText?
  /// In live answers, not in the description.
  var hourlyCost: DecimalText?
  var type: String?
  /// Regions where it can exist, in stock or not.
  var locations: [String]?
  var deployOnDemand: Bool?

  enum CodingKeys: String, CodingKey {
    case id
    case vcpuCount = "vcpu_count"
    case ram, disk
    case diskCount = "disk_count"
    case monthlyCost = "monthly_cost"
    case hourlyCost = "hourly_cost"
    case type, locations
    case deployOnDemand = "deploy_ondemand"
  }

  /// Disk in GB.
  var diskGb: Int { min(max(disk, 0), 1_000_000) * min(max(diskCount ?? 1, 1), 1_000) }
  /// Memory in MiB.
  var memoryMb: Int { min(max(ram, 0), 1_000_000_000) }
  /// Virtual processors.
  var vcpu: Int { min(max(vcpuCount, 0), 1_000_000) }
  /// Whether it can be bought by the hour.
  var isOnDemand: Bool { deployOnDemand ?? true }

  /// Hours that make a month in Vultr's invoices: an hour is a 672nd of the month's price, and no month
  /// costs more than 672 hours (Vultr, "How do I get billed").
  private static let monthHours: Int64 = 672

  /// Whether the hourly price is worked out from the monthly one.
  var isHourlyDerived: Bool { hourlyCost == nil && monthlyCost != nil }

  /// What it costs, in US dollars and without tax, in every region. Each hour begun is billed.
  var price: Price? {
    guard let hourly = hourlyCost ?? monthlyCost?.divided(by: Self.monthHours) else { return nil }
    return Price(
      hourly: hourly.description, monthly: monthlyCost?.description, currency: "USD", net: true, granularityS: 3_600,
      minimumS: 3_600, monthlyCap: monthlyCost?.description)
  }
}

/// A region.
struct Region: Listed {
  static let root = "regions"

  var id: String
  var city: String?
  var country: String?
}

/// What is in stock in a region now.
struct Availability: Decodable {
  var plans: [String]

  enum CodingKeys: String, CodingKey {
    case plans = "available_plans"
  }
}

/// The account.
struct Account: Decodable {
  /// What the API key may do.
  var acls: [String]?
  /// US dollars; below 0 is credit.
  var balance: Double?
  /// US dollars that this month has cost so far.
  var pendingCharges: Double?

  enum CodingKeys: String, CodingKey {
    case acls, balance
    case pendingCharges = "pending_charges"
  }

  /// `{"account": …}`.
  struct Envelope: Decodable { var account: Account }

  /// Permissions without which instances can be neither made nor ended.
  static let needed = ["provisioning", "subscriptions"]

  /// Whether the key may do all that is needed; nil where Vultr does not tell.
  var canWrite: Bool? {
    guard let acls, !acls.isEmpty else { return nil }
    return Self.needed.allSatisfy(acls.contains)
  }

  /// US cents that are left once this month's charges are paid; nil where Vultr does not tell.
  var creditCents: Int? {
    guard let balance else { return nil }
    return Int(exactly: (min(max(-balance - (pendingCharges ?? 0), -1e9), 1e9) * 100).rounded())
  }
}
