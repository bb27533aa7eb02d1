import PluginKit
import PluginMessages

/// Labels as an object carries them; what is no text is left out, and null is none.
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

/// The labels by which our containers are known again.
enum Labels {
  static let mark = "slipway"
  static let installation = "slipway-installation"
  static let resource = "slipway-resource"
  static let operation = "slipway-operation"
  static let attempt = "slipway-attempt"
  /// In front of a tag's name: labels without it steer other programs (reverse proxies, updaters, compose).
  static let tag = "slipway-tag-"

  /// Query of a listing of everything that this installation made, running or not.
  ///
  /// By label, because the engine's `name` filter is a regular expression that need not match the whole name.
  static func listing(_ installationId: String) throws(CloudFailure) -> KeyValuePairs<String, String> {
    let filters = try JSON.encode(["label": ["\(installation)=\(installationId)"]])
    return ["all": "1", "filters": String(decoding: filters, as: UTF8.self)]
  }

  /// Labels of a container.
  static func of(_ request: ProvisionRequest) -> [String: String] {
    var labels: [String: String] = [:]
    for (key, value) in request.tags { labels["\(tag)\(key)"] = value }
    labels[mark] = "1"
    labels[installation] = request.account.installationId
    labels[resource] = request.resourceId
    labels[operation] = request.operationId
    labels[attempt] = request.attemptId
    return labels
  }
}
