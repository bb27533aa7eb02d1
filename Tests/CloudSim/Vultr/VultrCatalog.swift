/// What can be bought: regions, plans with prices and stock, operating systems, applications.
///
/// Names, sizes and prices are those of the public price list of 2026, rounded; the shape is that of
/// vultr-v2.json, GET /regions, /plans, /plans-metal, /os and /applications.
package struct VultrCatalog: Sendable {
  /// All regions.
  package var regions: [VultrRegion]
  /// Plans of virtual machines.
  package var plans: [VultrPlan]
  /// Plans of bare metal, which no instance can have.
  package var metalPlans: [VultrPlan]
  /// All operating systems.
  package var systems: [VultrOS]
  /// All applications.
  package var applications: [VultrApplication]

  /// The region of an id.
  package func region(_ id: String) -> VultrRegion? { regions.first { $0.id == id } }

  /// The plan of an id.
  package func plan(_ id: String) -> VultrPlan? { plans.first { $0.id == id } }

  /// The operating system of an id.
  package func system(_ id: Int64) -> VultrOS? { systems.first { $0.id == id } }
}

/// A place with data centres.
package struct VultrRegion: Sendable, Hashable {
  /// Short name, such as `ewr`.
  package let id: String
  /// City, for people.
  package let city: String
  /// ISO 3166-1 code.
  package let country: String
  /// Continent, for people.
  package let continent: String

  /// The object of the API.
  package var json: JSON {
    [
      "id": .string(id), "city": .string(city), "country": .string(country), "continent": .string(continent),
      "options": ["ddos_protection", "block_storage_high_perf", "kubernetes", "load_balancers"],
    ]
  }
}

/// A size of machine.
package struct VultrPlan: Sendable, Hashable {
  /// Name, such as `vc2-1c-1gb`.
  package let id: String
  /// Type, such as `vc2`.
  package let type: String
  /// Virtual CPUs; cores for bare metal.
  package let cpus: Int64
  /// Memory in MB.
  package let memory: Int64
  /// Disk in GB.
  package let disk: Int64
  /// Traffic in GB a month.
  package let bandwidth: Int64
  /// Price of a month, in US cents.
  package let monthly: Int64
  /// Ids of the regions where it can exist, sorted.
  package var locations: [String]
  /// Ids of the regions that have stock.
  package var available: Set<String>

  /// Price of an hour, in 1/1000 USD: 730 hours make a month.
  package var hourly: Int64 { max(1, (monthly * 10 + 365) / 730) }

  /// Whether it is one of a type that a query asks for; vultr-v2.json, GET /plans, `type`.
  package func isOf(_ wanted: String) -> Bool {
    wanted == "all" || wanted == type || (wanted == "voc" && type.hasPrefix("voc-"))
  }

  /// The object of the API, with the price of an hour where that is to be shown.
  package func json(hourly shown: Bool) -> JSON {
    var json: JSON = [
      "id": .string(id), "vcpu_count": .int(cpus), "ram": .int(memory), "disk": .int(disk), "disk_count": 1,
      "bandwidth": .int(bandwidth), "monthly_cost": VultrMoney.json(monthly * 10), "type": .string(type),
      "locations": .array(locations.map(JSON.string)),
    ]
    if shown { json["hourly_cost"] = VultrMoney.json(hourly) }
    return json
  }

  /// The object of a plan of bare metal.
  package var metalJSON: JSON {
    [
      "id": .string(id), "cpu_count": .int(cpus), "cpu_model": "E3-1270v6", "cpu_threads": .int(cpus * 2),
      "ram": .int(memory), "disk": .int(disk), "disk_count": 2, "bandwidth": .int(bandwidth),
      "monthly_cost": VultrMoney.json(monthly * 10), "type": "SSD", "locations": .array(locations.map(JSON.string)),
    ]
  }
}

/// An operating system to start from.
package struct VultrOS: Sendable, Hashable {
  /// Id.
  package let id: Int64
  /// Name for people, which holds version and architecture.
  package let name: String
  /// `x64` or `i386`.
  package let architecture: String
  /// Family, such as `debian`; `iso`, `snapshot`, `backup` and `application` are none by themselves.
  package let family: String

  /// Whether it only says that something else is installed.
  package var isPlaceholder: Bool { ["iso", "snapshot", "backup", "application"].contains(family) }

  /// The object of the API.
  package var json: JSON {
    ["id": .int(id), "name": .string(name), "arch": .string(architecture), "family": .string(family)]
  }
}

/// An application that brings its operating system along.
package struct VultrApplication: Sendable, Hashable {
  /// Id, as `app_id` of one-click applications.
  package let id: Int64
  /// Name for people.
  package let name: String
  /// Short name.
  package let shortName: String
  /// Name with the operating system.
  package let deployName: String
  /// Id as `image_id` of marketplace applications; empty for one-click ones.
  package let image: String

  /// The object of the API.
  package var json: JSON {
    [
      "id": .int(id), "name": .string(name), "short_name": .string(shortName), "deploy_name": .string(deployName),
      "type": image.isEmpty ? "one-click" : "marketplace", "vendor": image.isEmpty ? "vultr" : .string(name),
      "image_id": .string(image),
    ]
  }
}

/// Money as the API writes it: numbers without zeros at the end.
enum VultrMoney {
  /// Of an amount in 1/1000 USD.
  static func json(_ thousandths: Int64) -> JSON {
    guard thousandths % 1000 != 0 else { return .int(thousandths / 1000) }
    var fraction = String(1000 + thousandths.magnitude % 1000).dropFirst()
    while fraction.last == "0" { fraction = fraction.dropLast() }
    return .number("\(thousandths < 0 ? "-" : "")\(thousandths.magnitude / 1000).\(fraction)")
  }
}
