import PluginKit
import PluginMessages

/// What the plugin must remember of an attempt between calls; the host keeps it as opaque text.
struct Cookie: Codable, Equatable {
  /// Schema number; another one counts as no cookie.
  var schema = Cookie.current
  /// Version of the plugin that wrote it.
  var plugin = PluginManifest.digitalOcean.version
  /// The action that makes the droplet; nil once it has come up, or where it is not known.
  var create: Int64?
  /// Whether it is a GPU droplet, which only a listing of its own shows; nil: not known.
  var gpu: Bool?

  private static let current = 1

  init(create: Int64? = nil, gpu: Bool? = nil) {
    self.create = create
    self.gpu = gpu
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
    case plugin, create, gpu
  }
}
