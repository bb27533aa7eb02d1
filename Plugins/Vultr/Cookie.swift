import PluginKit
import PluginMessages

/// What the plugin must remember of an attempt between calls; the host keeps it as opaque text.
struct Cookie: PluginCookie, Equatable {
  /// Schema number; another one counts as no cookie.
  var schema = Cookie.current
  /// Version of the plugin that wrote it.
  var plugin = PluginManifest.vultr.version
  /// The installation's SSH key object, from prepare.
  var key: String?
  /// Whether the instance was asked for with an IPv4 address; nil: not known.
  var ipv4: Bool?

  static let current = 1
  static var absent: Cookie { Cookie() }

  init(key: String? = nil, ipv4: Bool? = nil) {
    self.key = key
    self.ipv4 = ipv4
  }

  enum CodingKeys: String, CodingKey {
    case schema = "v"
    case plugin, key, ipv4
  }
}
