import PluginMessages

/// The tags by which our droplets are known again.
///
/// DigitalOcean keeps every tag that was ever used as an object of the account, also when nothing carries
/// it any more: so all ids of a droplet share one tag, `slipway-vm:ATTEMPT:OPERATION:RESOURCE`. Tags are
/// compared without regard to case, because DigitalOcean shows each as it was first spelled.
enum Tags {
  private static let installationName = "slipway-installation"
  private static let machineName = "slipway-vm"
  /// Characters of a tag at most (digitalocean-v2.json, POST /v2/tags).
  private static let most = 255

  /// On every droplet of this installation.
  static func installation(_ id: String) -> String { "\(installationName):\(allowed(id))" }

  /// On the droplets of one attempt.
  static func machine(attempt: String, operation: String, resource: String) -> String {
    let ids = [attempt, operation, resource].map { allowed($0).split(separator: ":").joined(separator: "-") }
    return "\(machineName):\(ids.joined(separator: ":"))"
  }

  /// Tags of a droplet: ours, then the request's.
  static func of(_ request: ProvisionRequest) -> [String] {
    let ours = [
      installation(request.account.installationId),
      machine(attempt: request.attemptId, operation: request.operationId, resource: request.resourceId),
    ]
    let theirs = request.tags.map { allowed($0.value.isEmpty ? $0.key : "\($0.key):\($0.value)") }
      .filter { !$0.isEmpty && !$0.lowercased().hasPrefix("slipway") }
    return ours + Set(theirs).sorted()
  }

  /// The ids in the tags of a droplet of ours.
  struct Machine: Equatable {
    var attempt: String
    var operation: String?
    var resource: String?
  }

  /// The ids that the tags name; nil where none of them does.
  static func machine(in tags: [String]?) -> Machine? {
    let prefix = machineName + ":"
    guard let tag = (tags ?? []).first(where: { $0.lowercased().hasPrefix(prefix) }) else { return nil }
    let ids = tag.dropFirst(prefix.count).split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard let attempt = ids.first, !attempt.isEmpty else { return nil }
    return Machine(
      attempt: attempt, operation: ids.count > 1 ? ids[1] : nil, resource: ids.count > 2 ? ids[2] : nil)
  }

  /// Whether the tags hold that one, however it is spelled.
  static func hold(_ tag: String, in tags: [String]?) -> Bool {
    (tags ?? []).contains { $0.lowercased() == tag.lowercased() }
  }

  /// Whether a tag names that attempt.
  static func isSame(_ machine: Machine, attempt: String) -> Bool {
    machine.attempt.lowercased() == allowed(attempt).lowercased()
  }

  /// Text as DigitalOcean takes it in a tag: at most 255 of `a-z A-Z 0-9 _ : -`.
  private static func allowed(_ text: String) -> String {
    let kept = text.unicodeScalars.prefix(most).map { isAllowed($0) ? $0 : "-" }
    return String(String.UnicodeScalarView(kept))
  }

  private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
    ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
      || "_:-".unicodeScalars.contains(scalar)
  }
}
