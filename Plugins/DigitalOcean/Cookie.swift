import PluginKit
import PluginMessages

/// What the plugin must remember of an attempt between calls; the host keeps it as opaque text.
struct Cookie: PluginCookie, Equatable {
  /// Schema number; another one counts as no cookie.
  var schema = Cookie.current
  /// Version of the plugin that wrote it.
  var plugin = PluginManifest.digitalOcean.version
  /// The action that makes the droplet; nil once it has come up, or where it is not known.
  var create: Int64?
  /// Whether it is a GPU droplet, which only a listing of its own shows; nil: not known.
  var gpu: Bool?

  static let current = 1
  static var absent: Cookie { Cookie() }

  init(create: Int64? = nil, gpu: Bool? = nil) {
    self.create = create
    self.gpu = gpu
  }

  enum CodingKeys: String, CodingKey {
    case schema = "v"
    case plugin, create, gpu
  }
}
