/// What can be bought: regions, sizes with prices, images.
///
/// Slugs, sizes and prices are those of the public price list; the shape is that of digitalocean-v2.json, GET /v2/sizes,
/// /v2/regions and /v2/images. That a size is sold in a region needs three things: both are `available`, and the
/// size names the region.
package struct DigitalOceanCatalog: Sendable {
  /// All regions.
  package var regions: [DigitalOceanRegion]
  /// All sizes.
  package var sizes: [DigitalOceanSize]
  /// All images.
  package var images: [DigitalOceanImage]

  /// The region of a slug.
  package func region(_ slug: String) -> DigitalOceanRegion? { regions.first { $0.slug == slug } }

  /// The size of a slug.
  package func size(_ slug: String) -> DigitalOceanSize? { sizes.first { $0.slug == slug } }

  /// The image of a slug, or of an id in digits.
  package func image(_ key: String) -> DigitalOceanImage? { images.first { $0.slug == key || String($0.id) == key } }
}

/// A place with data centres.
package struct DigitalOceanRegion: Sendable, Hashable {
  /// Slug, such as `nyc3`.
  package let slug: String
  /// Name for people.
  package let name: String
  /// Whether droplets can be made there.
  package var available: Bool
}

/// A size of droplet.
package struct DigitalOceanSize: Sendable, Hashable {
  /// Slug, such as `s-1vcpu-1gb`.
  package let slug: String
  /// Memory in MB.
  package let memory: Int64
  /// Virtual processors.
  package let vcpus: Int64
  /// Disk in GB.
  package let disk: Int64
  /// Traffic in GB.
  package let transfer: Int64
  /// Price of an hour, in 1/100000 USD; a month is 672 hours.
  package let hourly: Int64
  /// Kind, for people.
  package let description: String
  /// GPUs and their model; nil for none.
  package let gpu: (count: Int64, model: String, vram: Int64)?
  /// Whether it can be bought at all.
  package var available: Bool
  /// Slugs of the regions that have it, which may be none although it is available.
  package var regions: [String]

  /// Equality by slug.
  package static func == (a: DigitalOceanSize, b: DigitalOceanSize) -> Bool { a.slug == b.slug }
  /// Hash of the slug.
  package func hash(into hasher: inout Hasher) { hasher.combine(slug) }

  /// The object of the API.
  package var json: JSON {
    var json: JSON = [
      "slug": .string(slug), "memory": .int(memory), "vcpus": .int(vcpus), "disk": .int(disk),
      "transfer": .number(DigitalOceanSize.decimal(transfer, 3)),
      "price_monthly": .number(DigitalOceanSize.decimal((hourly * 672 + 500) / 1000 * 1000, 5)),
      "price_hourly": .number(DigitalOceanSize.decimal(hourly, 5)), "regions": .array(regions.map(JSON.string)),
      "available": .bool(available), "description": .string(description), "disk_info": diskInfo,
    ]
    json["gpu_info"] = gpuInfo
    return json
  }

  /// Disks, as sizes and droplets show them.
  var diskInfo: JSON { [["type": "local", "size": ["amount": .int(disk), "unit": "gib"]]] }

  /// GPUs, as sizes and droplets show them; nil where there are none.
  var gpuInfo: JSON? {
    gpu.map {
      ["count": .int($0.count), "model": .string($0.model), "vram": ["amount": .int($0.vram), "unit": "gib"]]
    }
  }

  /// A decimal number with at least one place, without further zeros at its end.
  static func decimal(_ value: Int64, _ places: Int) -> String {
    let digits = String(value)
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    var fraction = padded.suffix(places)
    while fraction.count > 1, fraction.last == "0" { fraction.removeLast() }
    return "\(padded.dropLast(places)).\(fraction)"
  }
}

/// An operating system, or an application on one, to start from.
package struct DigitalOceanImage: Sendable, Hashable {
  /// Id.
  package let id: Int64
  /// Slug.
  package let slug: String
  /// Name for people, without the distribution.
  package let name: String
  /// `Debian`, `Ubuntu` and so on.
  package let distribution: String
  /// Whether it is an application rather than a distribution.
  package let isApplication: Bool
  /// Least disk in GB.
  package let minDisk: Int64
  /// Slugs of the regions that have it.
  package var regions: [String]
  /// NEW, available, pending, deleted or retired.
  package var status: String

  /// The object of the API; `type` is not what the query's `type` filters by.
  package var json: JSON {
    [
      "id": .int(id), "name": .string(name), "type": "base", "distribution": .string(distribution),
      "slug": .string(slug), "public": true, "regions": .array(regions.map(JSON.string)),
      "created_at": "2025-09-02T14:11:05Z", "min_disk_size": .int(minDisk),
      "size_gigabytes": .number(DigitalOceanSize.decimal(minDisk * 16, 2)),
      "description": .string("\(distribution) \(name)"), "tags": [], "status": .string(status), "error_message": "",
    ]
  }
}
