extension VultrCatalog {
  /// The catalog of a new cloud: everything in stock but the plans with a GPU.
  package static let standard: VultrCatalog = {
    let plans = planRows.map { row in
      let places = row.places.sorted()
      return VultrPlan(
        id: row.id, type: row.type, cpus: row.cpus, memory: row.memory, disk: row.disk, bandwidth: row.bandwidth,
        monthly: row.monthly, locations: places, available: row.type == "vcg" ? [] : Set(places))
    }
    return VultrCatalog(
      regions: regionRows, plans: plans.filter { $0.type != "vbm" }, metalPlans: plans.filter { $0.type == "vbm" },
      systems: systemRows, applications: applicationRows)
  }()

  private static let regionRows: [VultrRegion] = [
    ("ams", "Amsterdam", "NL", "Europe"), ("atl", "Atlanta", "US", "North America"),
    ("blr", "Bangalore", "IN", "Asia"), ("bom", "Mumbai", "IN", "Asia"), ("cdg", "Paris", "FR", "Europe"),
    ("del", "Delhi NCR", "IN", "Asia"), ("dfw", "Dallas", "US", "North America"),
    ("ewr", "New Jersey", "US", "North America"), ("fra", "Frankfurt", "DE", "Europe"),
    ("hnl", "Honolulu", "US", "North America"), ("icn", "Seoul", "KR", "Asia"), ("itm", "Osaka", "JP", "Asia"),
    ("jnb", "Johannesburg", "ZA", "Africa"), ("lax", "Los Angeles", "US", "North America"),
    ("lhr", "London", "GB", "Europe"), ("mad", "Madrid", "ES", "Europe"), ("man", "Manchester", "GB", "Europe"),
    ("mel", "Melbourne", "AU", "Australia"), ("mex", "Mexico City", "MX", "North America"),
    ("mia", "Miami", "US", "North America"), ("nrt", "Tokyo", "JP", "Asia"),
    ("ord", "Chicago", "US", "North America"), ("sao", "São Paulo", "BR", "South America"),
    ("scl", "Santiago", "CL", "South America"), ("sea", "Seattle", "US", "North America"),
    ("sgp", "Singapore", "SG", "Asia"), ("sjc", "Silicon Valley", "US", "North America"),
    ("sto", "Stockholm", "SE", "Europe"), ("syd", "Sydney", "AU", "Australia"), ("tlv", "Tel Aviv", "IL", "Asia"),
    ("waw", "Warsaw", "PL", "Europe"), ("yto", "Toronto", "CA", "North America"),
  ].map { VultrRegion(id: $0.0, city: $0.1, country: $0.2, continent: $0.3) }

  private static let everywhere = regionRows.map(\.id)
  private static let old = everywhere.filter { !["hnl", "man", "tlv", "scl"].contains($0) }
  private static let large = ["ams", "ewr", "fra", "lax", "lhr", "ord", "sgp", "sjc", "syd"]

  private struct Row {
    let id: String, type: String, cpus: Int64, memory: Int64, disk: Int64, bandwidth: Int64, monthly: Int64
    let places: [String]
  }

  private static let planRows: [Row] =
    [
      row("vc2-1c-0.5gb", "vc2", 1, 0, 10, 512, 350, ["ewr", "mia"]),
      row("vc2-1c-0.5gb-v6", "vc2", 1, 0, 10, 512, 250, ["atl", "ewr"]),
      row("vc2-1c-1gb", "vc2", 1, 1, 25, 1024, 500, everywhere),
      row("vc2-1c-2gb", "vc2", 1, 2, 55, 2048, 1000, everywhere),
      row("vc2-2c-2gb", "vc2", 2, 2, 65, 3072, 1500, everywhere),
      row("vc2-2c-4gb", "vc2", 2, 4, 80, 3072, 2000, everywhere),
      row("vc2-4c-8gb", "vc2", 4, 8, 160, 4096, 4000, everywhere),
      row("vc2-6c-16gb", "vc2", 6, 16, 320, 5120, 8000, everywhere),
      row("vc2-8c-32gb", "vc2", 8, 32, 640, 6144, 16000, large),
      row("vc2-16c-64gb", "vc2", 16, 64, 1280, 10240, 32000, large),
      row("vhf-1c-1gb", "vhf", 1, 1, 32, 1024, 600, old), row("vhf-1c-2gb", "vhf", 1, 2, 64, 2048, 1200, old),
      row("vhf-2c-2gb", "vhf", 2, 2, 80, 3072, 1800, old), row("vhf-2c-4gb", "vhf", 2, 4, 128, 3072, 2400, old),
      row("vhf-3c-8gb", "vhf", 3, 8, 256, 4096, 4800, old), row("vhf-4c-16gb", "vhf", 4, 16, 384, 5120, 9600, old),
      row("vhf-8c-32gb", "vhf", 8, 32, 512, 6144, 19200, ["sea"]),
    ]
    + ["amd", "intel"].flatMap { maker in
      [
        row("vhp-1c-1gb-\(maker)", "vhp", 1, 1, 25, 2048, 600, old),
        row("vhp-1c-2gb-\(maker)", "vhp", 1, 2, 50, 3072, 1200, old),
        row("vhp-2c-2gb-\(maker)", "vhp", 2, 2, 60, 4096, 1800, old),
        row("vhp-2c-4gb-\(maker)", "vhp", 2, 4, 100, 5120, 2400, old),
        row("vhp-4c-8gb-\(maker)", "vhp", 4, 8, 180, 6144, 4800, old),
        row("vhp-8c-16gb-\(maker)", "vhp", 8, 16, 350, 8192, 9600, old),
      ]
    } + [
      row("voc-g-1c-4gb-30s-amd", "voc-g", 1, 4, 30, 4096, 3000, large),
      row("voc-g-2c-8gb-50s-amd", "voc-g", 2, 8, 50, 5120, 6000, large),
      row("voc-c-1c-2gb-25s-amd", "voc-c", 1, 2, 25, 4096, 2800, large),
      row("voc-m-1c-8gb-50s-amd", "voc-m", 1, 8, 50, 5120, 4000, large),
      row("voc-s-1c-8gb-150s-amd", "voc-s", 1, 8, 150, 4096, 7500, large),
      row("vcg-a16-2c-8gb-2vram", "vcg", 2, 8, 50, 2048, 4300, ["ewr", "ord"]),
      row("vbm-4c-32gb", "vbm", 4, 32, 240, 5120, 12000, large),
      row("vbm-8c-132gb", "vbm", 8, 132, 1920, 10240, 35000, large),
    ]

  private static func row(
    _ id: String, _ type: String, _ cpus: Int64, _ gigabytes: Int64, _ disk: Int64, _ bandwidth: Int64,
    _ monthly: Int64, _ places: [String]
  ) -> Row {
    Row(
      id: id, type: type, cpus: cpus, memory: max(512, gigabytes * 1024), disk: disk, bandwidth: bandwidth,
      monthly: monthly, places: places)
  }

  private static let systemRows: [VultrOS] = [
    (127, "CentOS 6 x64", "centos"), (159, "Custom", "iso"), (164, "Snapshot", "snapshot"),
    (180, "Backup", "backup"), (186, "Application", "application"), (216, "Ubuntu 16.04 i386", "ubuntu"),
    (240, "Windows 2016 Standard x64", "windows"), (387, "Ubuntu 20.04 LTS x64", "ubuntu"),
    (447, "FreeBSD 13 x64", "freebsd"), (448, "Rocky Linux x64", "rockylinux"), (452, "AlmaLinux x64", "almalinux"),
    (477, "Debian 11 x64 (bullseye)", "debian"), (535, "Arch Linux x64", "archlinux"),
    (542, "CentOS 9 Stream x64", "centos"), (1743, "Ubuntu 22.04 LTS x64", "ubuntu"),
    (1761, "Windows Core 2022 Standard x64", "windows"), (1868, "AlmaLinux 9 x64", "almalinux"),
    (1869, "Rocky Linux 9 x64", "rockylinux"), (2076, "Alpine Linux x64", "alpinelinux"),
    (2136, "Debian 12 x64 (bookworm)", "debian"), (2157, "openSUSE Leap 15 x64", "opensuse"),
    (2187, "OpenBSD 7 x64", "openbsd"), (2284, "Ubuntu 24.04 LTS x64", "ubuntu"),
    (2625, "Debian 13 x64 (trixie)", "debian"),
  ].map { id, name, family in
    VultrOS(id: id, name: name, architecture: name.hasSuffix("i386") ? "i386" : "x64", family: family)
  }

  private static let applicationRows: [VultrApplication] = [
    VultrApplication(id: 1, name: "LEMP", shortName: "lemp", deployName: "LEMP on CentOS 9 Stream x64", image: ""),
    VultrApplication(id: 37, name: "Docker", shortName: "docker", deployName: "Docker on Ubuntu 24.04 x64", image: ""),
    VultrApplication(
      id: 1028, name: "OpenLiteSpeed WordPress", shortName: "openlitespeedwordpress",
      deployName: "OpenLiteSpeed WordPress on Ubuntu 22.04 x64", image: "openlitespeed-wordpress"),
  ]
}
