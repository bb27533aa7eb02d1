extension DigitalOceanCatalog {
  /// The catalog that every cloud starts with.
  package static let standard: DigitalOceanCatalog = {
    let regions = places.map { slug, name, available in
      DigitalOceanRegion(slug: slug, name: name, available: available)
    }
    return DigitalOceanCatalog(regions: regions, sizes: sizeRows, images: imageRows)
  }()

  private static let places: [(slug: String, name: String, available: Bool)] = [
    ("nyc1", "New York 1", true), ("sgp1", "Singapore 1", true), ("lon1", "London 1", true),
    ("nyc3", "New York 3", true), ("ams3", "Amsterdam 3", true), ("fra1", "Frankfurt 1", true),
    ("tor1", "Toronto 1", true), ("sfo2", "San Francisco 2", true), ("blr1", "Bangalore 1", true),
    ("sfo3", "San Francisco 3", true), ("syd1", "Sydney 1", true), ("atl1", "Atlanta 1", true),
    ("nyc2", "New York 2", false), ("sfo1", "San Francisco 1", false),
  ]

  private static let everywhere = places.map(\.slug)
  private static let open = places.filter(\.available).map(\.slug)
  private static let few = ["nyc3", "ams3", "fra1", "sfo3"]

  private static func size(
    _ slug: String, _ memory: Int64, _ vcpus: Int64, _ disk: Int64, _ transfer: Int64, _ hourly: Int64,
    _ description: String, _ regions: [String], gpu: (count: Int64, model: String, vram: Int64)? = nil,
    available: Bool = true
  ) -> DigitalOceanSize {
    DigitalOceanSize(
      slug: slug, memory: memory, vcpus: vcpus, disk: disk, transfer: transfer, hourly: hourly,
      description: description, gpu: gpu, available: available, regions: regions)
  }

  private static let sizeRows: [DigitalOceanSize] = [
    size("s-1vcpu-512mb-10gb", 512, 1, 10, 500, 595, "Basic", ["ams3", "fra1", "nyc1", "sfo3", "sgp1", "syd1"]),
    size("s-1vcpu-1gb", 1024, 1, 25, 1000, 893, "Basic", everywhere),
    size("s-1vcpu-1gb-amd", 1024, 1, 25, 1000, 1042, "Basic AMD", open),
    size("s-1vcpu-1gb-intel", 1024, 1, 25, 1000, 1042, "Basic Intel", open),
    size("s-1vcpu-2gb", 2048, 1, 50, 2000, 1786, "Basic", everywhere),
    size("s-1vcpu-2gb-amd", 2048, 1, 50, 2000, 2083, "Basic AMD", open),
    size("s-2vcpu-2gb", 2048, 2, 60, 3000, 2679, "Basic", everywhere),
    size("s-2vcpu-2gb-amd", 2048, 2, 60, 3000, 3125, "Basic AMD", open),
    size("s-2vcpu-4gb", 4096, 2, 80, 4000, 3571, "Basic", everywhere),
    size("s-2vcpu-4gb-intel", 4096, 2, 80, 4000, 4167, "Basic Intel", open),
    size("c-2", 4096, 2, 25, 4000, 6250, "CPU-Optimized", open.filter { $0 != "atl1" }),
    size("s-4vcpu-8gb", 8192, 4, 160, 5000, 7143, "Basic", everywhere),
    size("g-2vcpu-8gb", 8192, 2, 25, 4000, 9375, "General Purpose", few),
    size("c-4", 8192, 4, 50, 5000, 12500, "CPU-Optimized", open.filter { $0 != "atl1" }),
    size("m-2vcpu-16gb", 16384, 2, 50, 4000, 12500, "Memory-Optimized", few),
    size("s-8vcpu-16gb", 16384, 8, 320, 6000, 14286, "Basic", open),
    size("g-4vcpu-16gb", 16384, 4, 50, 5000, 18750, "General Purpose", few),
    size("s-16vcpu-32gb-intel", 32768, 16, 640, 10000, 40000, "Basic Intel", few, available: false),
    size(
      "gpu-4000adax1-20gb", 32768, 8, 500, 10000, 76000, "RTX 4000 Ada GPU", ["tor1"],
      gpu: (count: 1, model: "nvidia_rtx4000_ada", vram: 20)),
    size(
      "gpu-h100x1-80gb", 245_760, 20, 720, 15000, 339_000, "H100 GPU - 1X", ["nyc2", "tor1", "ams3"],
      gpu: (count: 1, model: "nvidia_h100", vram: 80)),
    size(
      "gpu-mi300x1-192gb", 245_760, 20, 720, 15000, 199_000, "MI300X GPU - 1X", [],
      gpu: (count: 1, model: "amd_mi300x", vram: 192)),
  ]

  private static let systems: [(slug: String, name: String, distribution: String, disk: Int64)] = [
    ("almalinux-8-x64", "AlmaLinux 8", "AlmaLinux", 10), ("almalinux-9-x64", "AlmaLinux 9", "AlmaLinux", 10),
    ("centos-stream-9-x64", "9 Stream x64", "CentOS", 10), ("debian-11-x64", "11 x64", "Debian", 7),
    ("debian-12-x64", "12 x64", "Debian", 7), ("debian-13-x64", "13 x64", "Debian", 7),
    ("fedora-41-x64", "41 x64", "Fedora", 15), ("fedora-42-x64", "42 x64", "Fedora", 15),
    ("rockylinux-8-x64", "8 x64", "Rocky Linux", 10), ("rockylinux-9-x64", "9 x64", "Rocky Linux", 10),
    ("ubuntu-22-04-x64", "22.04 (LTS) x64", "Ubuntu", 7), ("ubuntu-24-04-x64", "24.04 (LTS) x64", "Ubuntu", 7),
    ("ubuntu-25-04-x64", "25.04 x64", "Ubuntu", 7),
  ]

  private static let applications = [
    "docker-20-04", "dokku-20-04", "gitlabenterprise-22-04", "grafana-22-04", "jenkins-22-04", "k3s-22-04",
    "lamp-22-04",
    "lemp-22-04", "mongodb-22-04", "mysql-22-04", "nodejs-22-04", "openvpn-22-04", "wordpress-22-04",
  ]

  private static let imageRows: [DigitalOceanImage] =
    systems.enumerated().map { at, row in
      DigitalOceanImage(
        id: 195_000_000 + Int64(at) * 31_337, slug: row.slug, name: row.name, distribution: row.distribution,
        isApplication: false, minDisk: row.disk,
        regions: row.slug == "ubuntu-25-04-x64" ? few : everywhere, status: "available")
    }
    + applications.enumerated().map { at, slug in
      DigitalOceanImage(
        id: 196_000_000 + Int64(at) * 31_337, slug: slug, name: "\(slug) on Ubuntu", distribution: "Ubuntu",
        isApplication: true, minDisk: 25, regions: open, status: "available")
    }
}
