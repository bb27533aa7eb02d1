import PluginMessages

/// The tags by which our instances are known again: `name:value`, because Vultr's tags are texts.
enum Tags {
  static let mark = "slipway"
  private static let installationName = "slipway-installation"
  private static let resourceName = "slipway-resource"
  private static let operationName = "slipway-operation"
  private static let attemptName = "slipway-attempt"

  /// On everything that this installation made.
  static func installation(_ id: String) -> String { "\(installationName):\(id)" }

  /// On everything that one attempt made.
  static func attempt(_ id: String) -> String { "\(attemptName):\(id)" }

  /// Tags of an instance: ours, then the request's.
  static func of(_ request: ProvisionRequest) -> [String] {
    let ours = [
      mark, installation(request.account.installationId), "\(resourceName):\(request.resourceId)",
      "\(operationName):\(request.operationId)", attempt(request.attemptId),
    ]
    let theirs = request.tags.map { allowed("\($0.key):\($0.value)") }.filter { !$0.hasPrefix(mark) }.sorted()
    return ours + theirs
  }

  /// The attempt that the tags name, or nil.
  static func attempt(in tags: [String]?) -> String? { value(of: attemptName, in: tags) }
  /// The operation that the tags name, or nil.
  static func operation(in tags: [String]?) -> String? { value(of: operationName, in: tags) }
  /// The resource that the tags name, or nil.
  static func resource(in tags: [String]?) -> String? { value(of: resourceName, in: tags) }

  private static func value(of name: String, in tags: [String]?) -> String? {
    (tags ?? []).first { $0.hasPrefix("\(name):") }.map { String($0.dropFirst(name.count + 1)) }
  }

  /// Vultr takes any text; what could break a page or a query gives way to `-`.
  private static func allowed(_ text: String) -> String {
    let kept = text.unicodeScalars.prefix(128).map { scalar -> Unicode.Scalar in
      let isPlain =
        scalar.isASCII && scalar.value > 0x20 && scalar.value < 0x7F && !"<>&\"'\\,".unicodeScalars.contains(scalar)
      return isPlain ? scalar : "-"
    }
    return String(String.UnicodeScalarView(kept))
  }
}
