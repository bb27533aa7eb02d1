/// Fields that several bodies have.
extension VultrCloud {
  /// What is to be installed; nil where the body names nothing and need not.
  func wantedSystem(_ call: VultrCall, required: Bool) throws(VultrError) -> VultrInstance.System? {
    let named = VultrCloud.sources.filter { call.body[$0] != nil }
    if named.isEmpty, !required { return nil }
    guard let field = named.first, named.count == 1 else {
      throw .bad(
        VultrCloud.sources.joined(separator: "|"),
        "expected exactly one, found \(named.isEmpty ? "none" : named.joined(separator: ", "))")
    }
    let catalog = frame.world.catalog
    let number = call.body[field]?.int ?? call.body[field]?.string.flatMap { Int64($0) }
    switch field {
    case "os_id":
      guard let system = number.flatMap(catalog.system) else { throw .bad(field, "there is none of this id") }
      guard !system.isPlaceholder else { throw .bad(field, "\(system.name) is no operating system by itself") }
      return VultrInstance.System(os: system.id, name: system.name)
    case "app_id":
      guard let app = catalog.applications.first(where: { $0.id == number && $0.image.isEmpty }) else {
        throw .bad(field, "there is no one-click application of this id")
      }
      return VultrInstance.System(os: 186, name: app.deployName, app: app.id)
    case "image_id":
      let image = call.body[field]?.string ?? ""
      guard let app = catalog.applications.first(where: { $0.image == image && !image.isEmpty }) else {
        throw .bad(field, "there is no marketplace application of this id")
      }
      return VultrInstance.System(os: 186, name: app.deployName, app: app.id, image: image)
    default: throw .bad(field, "there is none of this id")
    }
  }

  /// `user_data`, which has to be base64; nil where the body has none.
  func wantedUserData(_ call: VultrCall) throws(VultrError) -> String? {
    guard let text = call.body["user_data"]?.string else { return nil }
    guard Base64.decode(text) != nil else { throw .bad("user_data", "is not base64") }
    return text
  }

  /// `tags`, or the older `tag`; nil where the body has neither.
  func wantedTags(_ call: VultrCall) -> [String]? {
    if let tags = call.strings("tags") { return tags }
    return call.body["tag"]?.string.map { $0.isEmpty ? [] : [$0] }
  }

  /// `user_scheme`; nil where the body has none.
  func wantedScheme(_ call: VultrCall) throws(VultrError) -> String? {
    guard let scheme = call.body["user_scheme"]?.string else { return nil }
    guard scheme == "root" || scheme == "limited" else { throw .bad("user_scheme", "expected root or limited") }
    return scheme
  }

  /// `backups`; nil where the body has none.
  func wantedBackups(_ call: VultrCall) throws(VultrError) -> Bool? {
    guard let text = call.body["backups"]?.string else { return nil }
    guard text == "enabled" || text == "disabled" else { throw .bad("backups", "expected enabled or disabled") }
    return text == "enabled"
  }

  /// `hostname`, a name after RFC 1123; nil where the body has none.
  func wantedHostname(_ call: VultrCall) throws(VultrError) -> String? {
    guard let name = call.body["hostname"]?.string, !name.isEmpty else { return nil }
    let good = name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
      (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
        && label.utf8.allSatisfy { byte in
          switch byte {
          // The API's own example has an underscore.
          case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
          default: false
          }
        }
    }
    guard good else { throw .bad("hostname", "is not a valid host name") }
    return name
  }

  /// An IPv6 network of 64 bits that nothing had before, such as `2001:db8:1:2:`, without its end.
  mutating func freshNetwork() -> String {
    frame.world.networks += 1
    let number = frame.world.networks
    return "2001:db8:\(String((number >> 16) & 0xFFFF, radix: 16)):\(String(number & 0xFFFF, radix: 16)):"
  }
}
