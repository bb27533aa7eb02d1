import Control
import FoundationEssentials
import PluginMessages
import Templates

/// A small complete plugin in one language, under a name of its own; pure.
///
/// The files are those of `Sources/Host/Templates`, written for a cloud "Pebble", whose name gives way to the plugin's.
package struct PluginTemplate: Sendable {
  /// Id of the plugin, and name of its folder and file.
  package let name: String
  /// Its files, in the order in which a reader wants them.
  package let files: [File]

  /// One file.
  package struct File: Sendable, Hashable {
    /// In the plugin's folder.
    package let path: String
    /// Content.
    package let bytes: [UInt8]
  }

  /// The languages, in the order of the help.
  package static let languages = ["c", "cpp", "rust", "swift"]

  /// Makes the plugin's files.
  /// - Throws: usage, where there is no such language or the name is no plugin id.
  package init(language: String, name: String) throws(CommandFailure) {
    guard Self.languages.contains(language) else {
      throw .usage(
        "--lang takes no \"\(Secrecy.shown(language))\"",
        expected: Self.languages.joined(separator: ", "), found: Secrecy.shown(language),
        remedy: "any other language can make a plugin too: read docs/plugin-abi.md and its header")
    }
    guard PluginManifest.isID(name) else {
      throw .usage(
        "NAME is no plugin id: \"\(Secrecy.shown(name))\"", expected: "1 to 32 of a-z, 0-9 and '-'",
        found: Secrecy.shown(name), remedy: "take a name such as acme or acme-cloud")
    }
    self.name = name
    files = Self.all(language).map { template in
      File(path: template.path, bytes: template.isRenamed ? Self.rename(template.bytes, to: name) : template.bytes)
    }
  }

  /// `pebble` becomes the id, `Pebble` the id with capitals and without dashes.
  private static func rename(_ bytes: [UInt8], to name: String) -> [UInt8] {
    let title = name.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(separator: " ")
    let text = String(decoding: bytes, as: UTF8.self)
    return Array(
      text.replacing("pebble", with: name).replacing("Pebble", with: title.isEmpty ? name : title).utf8)
  }

  private static func all(_ language: String) -> [(path: String, bytes: [UInt8], isRenamed: Bool)] {
    var found: [(path: String, bytes: [UInt8], isRenamed: Bool)] = []
    var index: UInt64 = 0
    // The table is constant: every pointer in it leads to bytes of the executable, of the length beside it.
    while let template = slipway_template_at(index)?.pointee {
      index += 1
      guard String(cString: template.language) == language else { continue }
      let bytes = Array(UnsafeBufferPointer(start: template.bytes, count: Int(clamping: template.length)))
      found.append((String(cString: template.path), bytes, template.is_renamed == 1))
    }
    return found
  }
}
