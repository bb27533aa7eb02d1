package import Model
package import PluginMessages
package import Plugins

/// One endpoint as the operator approved it on an account; the broker uses nothing else.
package struct EndpointRecord: Codable, Sendable, Hashable {
  /// Base address, such as `https://api.example.com/v1`.
  package var url: String
  /// Unix socket through which it is reached; only the operator gives it.
  package var unixSocket: String?
  /// How the credential is added.
  package var auth: AuthScheme
  /// Whether the operator gave the address, so that it may be loopback or private.
  package var operatorSet: Bool
}

/// A cloud account as it is stored.
package struct AccountRecord: Codable, Sendable, Hashable {
  /// Name, unique in the installation.
  package var name: String
  /// The plugin that speaks to it.
  package var plugin: String
  /// What the operator approved, by endpoint name.
  package var endpoints: [String: EndpointRecord]
  /// Settings, checked against the plugin's schema.
  package var settings: JSONValue
  /// The credential under seal; nil where the plugin needs none.
  package var credential: Model.SealedSecret?
  /// What the cloud said identifies the account, when it was added; nil: the cloud could not tell.
  package var identity: String?
  /// What the plugin's manifest said of its cloud when it last served.
  package var limits: CloudLimits
  /// When it was added.
  package var addedAt: Instant
  /// What the plugin asked for when that was approved; nil on accounts from before this was kept.
  package var consent: PluginAsk?
  /// What may be made on it at most; nil: anything.
  package var guards: ResourceLimits?

  /// Makes a record.
  package init(
    name: String, plugin: String, endpoints: [String: EndpointRecord], settings: JSONValue,
    credential: Model.SealedSecret? = nil, identity: String? = nil, limits: CloudLimits, addedAt: Instant
  ) {
    self.name = name
    self.plugin = plugin
    self.endpoints = endpoints
    self.settings = settings
    self.credential = credential
    self.identity = identity
    self.limits = limits
    self.addedAt = addedAt
  }
}

/// What makes this installation itself: made once, on the first start.
package struct InstallationRecord: Codable, Sendable, Hashable {
  /// On every cloud object that it makes.
  package var id: ULID
  /// Seed of its SSH key, under seal.
  package var sshSeed: Model.SealedSecret
  /// The key's public half, OpenSSH form.
  package var sshPublicKey: String
}
