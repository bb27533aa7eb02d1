import PluginKit
import PluginMessages

/// What the plugin must remember of an attempt between calls; the host keeps it as opaque text.
struct Cookie: Codable, Equatable {
  /// Schema number; another one counts as no cookie.
  var schema = Cookie.current
  /// Version of the plugin that wrote it.
  var plugin = PluginManifest.vultr.version
  /// The installation's SSH key object, from prepare.
  var key: String?
  /// Whether the instance was asked for with an IPv4 address; nil: not known.
  var ipv4: Bool?

  private static let current = 1

  init(key: String? = nil, ipv4: Bool? = nil) {
    self.key = key
    self.ipv4 = ipv4
  }

  /// Reads a cookie; one that is missing, unreadable or of another schema counts as empty.
  init(reading text: String?) {
    let read = text.flatMap { try? JSON.decode(Cookie.self, $0.utf8) }
    self = if let read, read.schema == Self.current { read } else { Cookie() }
  }

  /// The text that the host keeps.
  func text() throws(CloudFailure) -> String { String(decoding: try JSON.encode(self), as: UTF8.self) }

  enum CodingKeys: String, CodingKey {
    case schema = "v"
    case plugin, key, ipv4
  }
}
