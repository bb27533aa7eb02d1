import PluginKit
import PluginMessages

/// What the plugin must remember of an attempt between calls; the host keeps it as opaque text.
struct Cookie: PluginCookie, Equatable {
  /// What the outstanding actions do.
  enum Phase: String, Codable {
    case create, delete, start, stop, reboot

    /// State of the server while the actions run.
    var before: ObjectState {
      switch self {
      case .create, .delete: .pending
      case .start: .stopped
      case .stop, .reboot: .running
      }
    }
  }

  /// Schema number; another one counts as no cookie.
  var schema = Cookie.current
  /// Version of the plugin that wrote it.
  var plugin = PluginManifest.hetzner.version
  /// The installation's SSH key object, from prepare.
  var key: Int64?
  /// What `actions` do.
  var phase: Phase?
  /// Actions that had not ended when this was written.
  var actions: [Int64] = []
  /// What the create answered, so that no look at the server is needed once its actions are done.
  var ipv4: String?
  var ipv6: String?
  var created: String?

  static let current = 1
  static var absent: Cookie { Cookie() }

  init(key: Int64? = nil, phase: Phase? = nil, actions: [Int64] = []) {
    self.key = key
    self.phase = phase
    self.actions = actions
  }

  /// Remembers what an answer says of a server.
  mutating func remember(_ server: Server) {
    (ipv4, ipv6) = (server.addresses.ipv4, server.addresses.ipv6)
    created = server.createdAt
  }

  /// Addresses as they were remembered.
  var addresses: Addresses { Addresses(ipv4: ipv4, ipv6: ipv6) }

  enum CodingKeys: String, CodingKey {
    case schema = "v"
    case plugin, key, phase, actions, ipv4, ipv6, created
  }
}
