import Control
import Model

extension Configuration {
  /// Applies a configuration file to this configuration, all of it or nothing.
  ///
  /// Where the file moves `state` and does not say `seal_key`, the key moves with it. An unknown key is refused.
  package mutating func apply(_ bytes: [UInt8], file: String) throws(ConfigurationError) {
    do throws(ConfigurationError) {
      let root = try ConfigurationText.parse(bytes)
      var reader = ConfigurationReader(result: self)
      try reader.group(root, prefix: "")
      if reader.seen.contains("state"), !reader.seen.contains("seal_key") {
        reader.result.sealKey = "\(reader.result.state)/seal.key"
      }
      self = reader.result
    } catch {
      var error = error
      error.file = file
      throw error
    }
  }

  /// Moves everything that the daemon keeps, the seal key among it where it lay inside.
  package mutating func moveState(to path: String) {
    if sealKey == "\(state)/seal.key" { sealKey = "\(path)/seal.key" }
    state = path
  }
}

/// Walks the nodes of a file along the table of keys; pure.
private struct ConfigurationReader {
  var result: Configuration
  var seen: Set<String> = []

  mutating func group(_ node: ConfigurationNode, prefix: String) throws(ConfigurationError) {
    guard case .object(let members) = node.value else {
      throw ConfigurationError(
        at: node.position, prefix.isEmpty ? "the file does not hold a group" : "\(prefix) does not hold a group",
        expected: "a group in braces: { … }", found: node.found)
    }
    for member in members {
      let path = prefix.isEmpty ? member.name : "\(prefix).\(member.name)"
      guard seen.insert(path).inserted else {
        throw ConfigurationError(
          at: member.position, "the key \(path) appears twice", expected: "each key once", found: "it a second time",
          remedy: "remove one of them")
      }
      if let key = ConfigurationKey.all.first(where: { $0.path == path }) {
        try set(key, member.node)
      } else if ConfigurationKey.all.contains(where: { $0.path.hasPrefix("\(path).") }) {
        try group(member.node, prefix: path)
      } else {
        throw unknown(path, prefix: prefix, at: member.position)
      }
    }
  }

  private func unknown(_ path: String, prefix: String, at position: ConfigurationPosition) -> ConfigurationError {
    // Keys and groups at this level first, then keys that belong elsewhere.
    let level = ConfigurationKey.all.map(\.path).filter { prefix.isEmpty || $0.hasPrefix("\(prefix).") }.map { path in
      path.split(separator: ".").prefix(prefix.split(separator: ".").count + 1).joined(separator: ".")
    }
    let nearest = Nearest.candidate(to: path, among: level + ConfigurationKey.all.map(\.path))
    return ConfigurationError(
      at: position, "there is no key \(path)", expected: nearest.map { "perhaps \($0)" }, found: path,
      remedy: "`slipway help configuration` lists the keys")
  }

  private mutating func set(_ key: ConfigurationKey, _ node: ConfigurationNode) throws(ConfigurationError) {
    let wrong = ConfigurationError(
      at: node.position, "the value of \(key.path) cannot be used", expected: key.takes, found: node.found)
    switch (key.slot, node.value) {
    case (.path(let field), .string(let path)):
      guard Self.isPath(path) else { throw wrong }
      result[keyPath: field] = path
    case (.paths(let field), .array(let elements)):
      var paths: [String] = []
      for element in elements.prefix(65) {
        guard case .string(let path) = element.value, Self.isPath(path) else {
          throw ConfigurationError(
            at: element.position, "an entry of \(key.path) cannot be used", expected: "an absolute path",
            found: element.found)
        }
        paths.append(path)
      }
      guard paths.count <= 64 else { throw wrong }
      result[keyPath: field] = paths
    case (.names(let field), .array(let elements)):
      var names: [String] = []
      for element in elements.prefix(65) {
        guard case .string(let name) = element.value, Self.isName(name) else {
          throw ConfigurationError(
            at: element.position, "an entry of \(key.path) cannot be used",
            expected: "1 to 32 of a-z, 0-9 and '-'", found: element.found)
        }
        names.append(name)
      }
      guard names.count <= 64 else { throw wrong }
      result[keyPath: field] = names
    case (.choice(let words, let field), .string(let word)):
      guard words.contains(word) else { throw wrong }
      result[keyPath: field] = word
    case (.text(let field), .string(let text)):
      guard text.utf8.count <= 1_024, text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
      else { throw wrong }
      result[keyPath: field] = text
    case (.flag(let field), .bool(let flag)): result[keyPath: field] = flag
    case (.number(let range, let field), .integer(let number)):
      guard let value = Int(exactly: number), range.contains(value) else { throw wrong }
      result[keyPath: field] = value
    case (.amount(let field), .string(let text)):
      guard Money(decimal: text) != nil else { throw wrong }
      result[keyPath: field] = text
    default: throw wrong
    }
  }

  private static func isName(_ text: String) -> Bool {
    (1...32).contains(text.utf8.count)
      && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
  }

  private static func isPath(_ text: String) -> Bool {
    text.hasPrefix("/") && text.utf8.count < 4096 && !text.utf8.contains(0)
  }
}
