/// What can be bought: locations, server types with prices and stock, images.
///
/// Names, sizes and prices are those of the public price list of 2026, rounded; the shape is that of
/// hetzner-cloud.json, GET /server_types, /locations and /images.
package struct HetznerCatalog: Sendable {
  /// All locations.
  package var locations: [HetznerLocation]
  /// All server types.
  package var types: [HetznerServerType]
  /// All images.
  package var images: [HetznerImage]

  /// The location of a name or an id in digits.
  package func location(_ key: String) -> HetznerLocation? {
    locations.first { $0.name == key || String($0.id) == key }
  }

  /// The type of a name or an id in digits.
  package func type(_ key: String) -> HetznerServerType? { types.first { $0.name == key || String($0.id) == key } }

  /// Images of a name, one for each architecture, or the one of an id in digits.
  package func images(_ key: String) -> [HetznerImage] {
    images.filter { $0.name == key || String($0.id) == key }
  }
}

/// A place with data centres.
package struct HetznerLocation: Sendable, Hashable {
  /// Id.
  package let id: Int64
  /// Short name, such as `fsn1`.
  package let name: String
  /// City, for people.
  package let city: String
  /// ISO 3166-1 code.
  package let country: String
  /// Network zone.
  package let zone: String
  /// Latitude and longitude, as JSON spells them.
  package let place: (latitude: String, longitude: String)

  /// Equality by id.
  package static func == (a: HetznerLocation, b: HetznerLocation) -> Bool { a.id == b.id }
  /// Hash of the id.
  package func hash(into hasher: inout Hasher) { hasher.combine(id) }

  /// The object of the API.
  package var json: JSON {
    [
      "id": .int(id), "name": .string(name), "description": .string("\(city) DC Park 1"), "country": .string(country),
      "city": .string(city), "latitude": .number(place.latitude), "longitude": .number(place.longitude),
      "network_zone": .string(zone),
    ]
  }
}

/// When something was announced to end, and when it ends, milliseconds since 1970.
package struct HetznerDeprecation: Sendable, Hashable {
  /// Instant of the announcement.
  package var announced: Int64
  /// Instant after which it cannot be bought.
  package var unavailableAfter: Int64

  /// Makes a deprecation.
  package init(announced: Int64, unavailableAfter: Int64) {
    self.announced = announced
    self.unavailableAfter = unavailableAfter
  }

  var json: JSON {
    [
      "unavailable_after": .string(Timestamp.text(unavailableAfter)), "announced": .string(Timestamp.text(announced)),
    ]
  }
}

/// A size of server.
package struct HetznerServerType: Sendable, Hashable {
  /// Id.
  package let id: Int64
  /// Name in lower case, such as `cx23`.
  package let name: String
  /// Cores.
  package let cores: Int64
  /// Memory in GB.
  package let memory: Int64
  /// Disk in GB.
  package let disk: Int64
  /// `shared` or `dedicated`.
  package let cpu: String
  /// Category for people.
  package let category: String
  /// `x86` or `arm`.
  package let architecture: String
  /// Where it is sold, in the order of location ids.
  package var offers: [Offer]

  /// The type in one location.
  package struct Offer: Sendable, Hashable {
    /// Name of the location.
    package let location: String
    /// Id of the location.
    package let locationID: Int64
    /// Net price of an hour and of a month, in 1/10000 EUR.
    package let hourly: Int64
    /// Net price of a month, in 1/10000 EUR.
    package let monthly: Int64
    /// Whether there is stock.
    package var available: Bool
    /// Whether the vendor recommends it here.
    package var recommended: Bool
    /// Its end here; nil where none is announced.
    package var deprecation: HetznerDeprecation?
  }

  /// The object of the API.
  package var json: JSON {
    let ends = offers.compactMap(\.deprecation)
    let gone = ends.count == offers.count ? ends.first : nil
    return [
      "id": .int(id), "name": .string(name), "description": .string(name.uppercased()), "cores": .int(cores),
      "memory": .int(memory), "disk": .int(disk), "deprecated": .bool(gone != nil),
      "prices": .array(offers.map(price)), "storage_type": "local", "cpu_type": .string(cpu),
      "category": .string(category), "architecture": .string(architecture), "deprecation": gone?.json ?? .null,
      "locations": .array(
        offers.map {
          [
            "id": .int($0.locationID), "name": .string($0.location), "deprecation": $0.deprecation?.json ?? .null,
            "available": .bool($0.available), "recommended": .bool($0.recommended),
          ]
        }),
    ]
  }

  private func price(_ offer: Offer) -> JSON {
    [
      "location": .string(offer.location), "price_hourly": Money.json(offer.hourly),
      "price_monthly": Money.json(offer.monthly),
      "included_traffic": .int(offer.locationID <= 3 ? 21_990_232_555_520 : 1_099_511_627_776),
      "price_per_tb_traffic": Money.json(offer.locationID == 6 ? 80000 : 10000),
    ]
  }
}

/// An operating system to start from.
package struct HetznerImage: Sendable, Hashable {
  /// Id.
  package let id: Int64
  /// Name, once for each architecture.
  package let name: String
  /// Description for people.
  package let description: String
  /// `ubuntu`, `debian` and so on.
  package let flavor: String
  /// Version of the system.
  package let version: String
  /// `x86` or `arm`.
  package let architecture: String
  /// `system` or `app`.
  package let type: String
  /// Instant of the deprecation, milliseconds since 1970; usable for three months more.
  package var deprecated: Int64?

  /// The object of the API.
  package var json: JSON {
    [
      "id": .int(id), "type": .string(type), "status": "available", "name": .string(name),
      "description": .string(description), "image_size": .null, "disk_size": 5, "created": "2024-04-25T11:34:46Z",
      "created_from": .null, "bound_to": .null, "os_flavor": .string(flavor), "os_version": .string(version),
      "rapid_deploy": .bool(type == "system"), "protection": ["delete": false],
      "deprecated": .optional(deprecated.map(Timestamp.text)), "deleted": .null, "labels": [:],
      "architecture": .string(architecture),
    ]
  }
}

/// Money as the API writes it: decimal strings, gross with 19 % VAT.
enum Money {
  /// `{net, gross}` of a net price in 1/10000 EUR, 0 or more.
  static func json(_ net: Int64) -> JSON {
    ["net": .string(decimal(net, 4, zeros: 6)), "gross": .string(decimal(net * 119, 6, zeros: 10))]
  }

  private static func decimal(_ value: Int64, _ places: Int, zeros: Int) -> String {
    let digits = String(value)
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    return padded.dropLast(places) + "." + padded.suffix(places) + String(repeating: "0", count: zeros)
  }
}
