extension HetznerCatalog {
  /// The catalog of a cloud that starts at an instant, to which its deprecations are relative.
  package static func standard(start: Int64) -> HetznerCatalog {
    HetznerCatalog(
      locations: places, types: typeRows.map { $0.type(start: start) }, images: images(start: start))
  }

  private static let places = [
    HetznerLocation(
      id: 1, name: "fsn1", city: "Falkenstein", country: "DE", zone: "eu-central", place: ("50.47612", "12.370071")),
    HetznerLocation(
      id: 2, name: "nbg1", city: "Nuremberg", country: "DE", zone: "eu-central", place: ("49.452102", "11.076665")),
    HetznerLocation(
      id: 3, name: "hel1", city: "Helsinki", country: "FI", zone: "eu-central", place: ("60.169855", "24.938379")),
    HetznerLocation(
      id: 4, name: "ash", city: "Ashburn, VA", country: "US", zone: "us-east", place: ("39.045821", "-77.487073")),
    HetznerLocation(
      id: 5, name: "hil", city: "Hillsboro, OR", country: "US", zone: "us-west", place: ("45.54222", "-122.951924")),
    HetznerLocation(
      id: 6, name: "sin", city: "Singapore", country: "SG", zone: "ap-southeast", place: ("1.283333", "103.833333")),
  ]

  /// A row of the price list; prices are net, in 1/10000 EUR, per hour and month; 0 is "not sold there".
  private struct Row {
    let id: Int64, name: String, cores: Int64, memory: Int64, disk: Int64, category: String, arm: Bool
    let europe: (Int64, Int64), america: (Int64, Int64), asia: (Int64, Int64)
    var ends = false

    func type(start: Int64) -> HetznerServerType {
      let day: Int64 = 86_400_000
      let end = HetznerDeprecation(announced: max(0, start - 60 * day), unavailableAfter: start + 30 * day)
      let offers = HetznerCatalog.places.compactMap { place -> HetznerServerType.Offer? in
        let price = place.id <= 3 ? europe : place.id <= 5 ? america : asia
        guard price.1 > 0 else { return nil }
        return HetznerServerType.Offer(
          location: place.name, locationID: place.id, hourly: price.0, monthly: price.1, available: true,
          recommended: !ends && place.id != 2, deprecation: ends && place.id <= 3 ? end : nil)
      }
      return HetznerServerType(
        id: id, name: name, cores: cores, memory: memory, disk: disk,
        cpu: category == "General Purpose" ? "dedicated" : "shared", category: category,
        architecture: arm ? "arm" : "x86", offers: offers)
    }
  }

  private static let no: (Int64, Int64) = (0, 0)

  private static let typeRows: [Row] = [
    cost(114, "cx23", 2, 4, 40, (56, 34900)), cost(115, "cx33", 4, 8, 80, (88, 54900)),
    cost(116, "cx43", 8, 16, 160, (152, 94900)), cost(117, "cx53", 16, 32, 320, (280, 174900)),
    cost(104, "cx22", 2, 4, 40, (61, 37900), ends: true), cost(105, "cx32", 4, 8, 80, (109, 68000), ends: true),
    cost(45, "cax11", 2, 4, 40, (61, 37900), arm: true), cost(93, "cax21", 4, 8, 80, (104, 64900), arm: true),
    cost(94, "cax31", 8, 16, 160, (200, 124900), arm: true), cost(95, "cax41", 16, 32, 320, (393, 244900), arm: true),
    regular(22, "cpx11", 2, 2, 40, (70, 43500), (80, 49900), (112, 69900), ends: true),
    regular(23, "cpx21", 3, 4, 80, (121, 75500), (152, 94900), (200, 124900), ends: true),
    regular(109, "cpx22", 2, 4, 80, (104, 64900), no, no), regular(110, "cpx32", 4, 8, 160, (176, 109900), no, no),
    regular(111, "cpx42", 8, 16, 320, (320, 199900), no, no), regular(112, "cpx52", 12, 24, 480, (457, 284900), no, no),
    dedicated(96, "ccx13", 2, 8, 80, (200, 124900), (208, 129900), (320, 199900)),
    dedicated(97, "ccx23", 4, 16, 160, (393, 244900), (409, 254900), (521, 324900)),
    dedicated(98, "ccx33", 8, 32, 240, (777, 484900), (809, 504900), (1018, 634900)),
    dedicated(99, "ccx43", 16, 64, 360, (1546, 964900), (1610, 1_004_900), (1835, 1_144_900)),
  ]

  private static func cost(
    _ id: Int64, _ name: String, _ cores: Int64, _ memory: Int64, _ disk: Int64, _ price: (Int64, Int64),
    arm: Bool = false, ends: Bool = false
  ) -> Row {
    Row(
      id: id, name: name, cores: cores, memory: memory, disk: disk, category: "Cost-Optimized", arm: arm,
      europe: price, america: no, asia: no, ends: ends)
  }

  private static func regular(
    _ id: Int64, _ name: String, _ cores: Int64, _ memory: Int64, _ disk: Int64, _ europe: (Int64, Int64),
    _ america: (Int64, Int64), _ asia: (Int64, Int64), ends: Bool = false
  ) -> Row {
    Row(
      id: id, name: name, cores: cores, memory: memory, disk: disk, category: "Regular Performance", arm: false,
      europe: europe, america: america, asia: asia, ends: ends)
  }

  private static func dedicated(
    _ id: Int64, _ name: String, _ cores: Int64, _ memory: Int64, _ disk: Int64, _ europe: (Int64, Int64),
    _ america: (Int64, Int64), _ asia: (Int64, Int64)
  ) -> Row {
    Row(
      id: id, name: name, cores: cores, memory: memory, disk: disk, category: "General Purpose", arm: false,
      europe: europe, america: america, asia: asia)
  }

  private static let systems: [(flavor: String, version: String, description: String)] = [
    ("ubuntu", "20.04", "Ubuntu 20.04"), ("ubuntu", "22.04", "Ubuntu 22.04"), ("ubuntu", "24.04", "Ubuntu 24.04"),
    ("debian", "11", "Debian 11"), ("debian", "12", "Debian 12"), ("debian", "13", "Debian 13"),
    ("centos-stream", "9", "CentOS Stream 9"), ("centos-stream", "10", "CentOS Stream 10"),
    ("fedora", "41", "Fedora 41"), ("fedora", "42", "Fedora 42"), ("rocky", "8", "Rocky Linux 8"),
    ("rocky", "9", "Rocky Linux 9"), ("rocky", "10", "Rocky Linux 10"), ("alma", "8", "AlmaLinux 8"),
    ("alma", "9", "AlmaLinux 9"), ("alma", "10", "AlmaLinux 10"), ("opensuse", "15", "openSUSE Leap 15"),
    ("opensuse", "16", "openSUSE Leap 16"),
  ]

  private static func images(start: Int64) -> [HetznerImage] {
    var images: [HetznerImage] = []
    for (at, system) in systems.enumerated() {
      for (architecture, base) in [("x86", Int64(67_794_396)), ("arm", 103_907_373)] {
        images.append(
          HetznerImage(
            id: base + Int64(at) * 1_000_000, name: "\(system.flavor)-\(system.version)",
            description: system.description, flavor: system.flavor == "centos-stream" ? "centos" : system.flavor,
            version: system.version, architecture: architecture, type: "system",
            deprecated: system.description == "Ubuntu 20.04" ? max(0, start - 30 * 86_400_000) : nil))
      }
    }
    images.append(
      HetznerImage(
        id: 40_093_247, name: "docker-ce", description: "Docker CE", flavor: "ubuntu", version: "24.04",
        architecture: "x86", type: "app", deprecated: nil))
    return images.sorted { $0.id < $1.id }
  }
}
