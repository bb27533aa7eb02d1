import PluginMessages

/// Labels as an object carries them; what is no text is left out.
struct LabelMap: Decodable, Sendable {
  private var values: [String: String]

  init(from decoder: any Decoder) throws {
    let members = try decoder.singleValueContainer().decode([String: Text].self)
    values = members.compactMapValues(\.text)
  }

  /// The value of that label, or nil.
  subscript(name: String) -> String? { values[name] }

  private struct Text: Decodable {
    var text: String?
    init(from decoder: any Decoder) throws { text = try? decoder.singleValueContainer().decode(String.self) }
  }
}

/// The labels by which our objects are known again.
enum Labels {
  static let mark = "slipway"
  static let installation = "slipway-installation"
  static let resource = "slipway-resource"
  static let operation = "slipway-operation"
  static let attempt = "slipway-attempt"

  /// Selector of everything that this installation made.
  static func selector(_ installationId: String) -> String { "\(installation)=\(installationId)" }

  /// Labels of a server: the request's tags, as far as Hetzner takes them, and ours over them.
  static func of(_ request: ProvisionRequest) -> [String: String] {
    var labels: [String: String] = [:]
    for (key, value) in request.tags {
      let name = allowed(key)
      if !name.isEmpty { labels[name] = allowed(value) }
    }
    labels[mark] = "1"
    labels[installation] = request.account.installationId
    labels[resource] = request.resourceId
    labels[operation] = request.operationId
    labels[attempt] = request.attemptId
    return labels
  }

  /// Text as Hetzner takes it in a key's name or a value: at most 63 of `a-z A-Z 0-9 - _ .`, letters or
  /// digits at both ends (hcloud-go labels.go).
  private static func allowed(_ text: String) -> String {
    let kept = text.unicodeScalars.map { isAlphanumeric($0) || "-_.".unicodeScalars.contains($0) ? $0 : "-" }
    let trimmed = kept.drop { !isAlphanumeric($0) }.prefix(63).reversed().drop { !isAlphanumeric($0) }.reversed()
    return String(String.UnicodeScalarView(trimmed))
  }

  private static func isAlphanumeric(_ scalar: Unicode.Scalar) -> Bool {
    ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
  }
}
