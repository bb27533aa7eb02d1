/// What POST /v1/accounts asks for.
package struct NewAccount: Encodable, Sendable, Hashable {
  /// Name, unique in the installation: 1 to 63 of `a-z 0-9 . _ -`, the first a letter or digit.
  package var name: String
  /// Id of the plugin that speaks to it.
  package var plugin: String
  /// The cloud's token or key; nil where the plugin's endpoints need none.
  package var credential: Credential?
  /// Origins other than the plugin's defaults, by endpoint name.
  package var endpoints: [String: EndpointOverride]
  /// Settings that only the plugin understands; an object.
  package var settings: JSON
  /// What may be made on it at most.
  package var limits: LimitsView

  /// Makes a request.
  package init(
    name: String, plugin: String, credential: Credential?, endpoints: [String: EndpointOverride] = [:],
    settings: JSON = .object([:]), limits: LimitsView = LimitsView()
  ) {
    self.name = name
    self.plugin = plugin
    self.credential = credential
    self.endpoints = endpoints
    self.settings = settings
    self.limits = limits
  }
}

/// Where an operator sends an endpoint's requests: a base address, a unix socket, or both.
package struct EndpointOverride: Codable, Sendable, Hashable {
  /// Base address, `http` or `https`.
  package var url: String?
  /// Absolute path of a unix socket.
  package var unixSocket: String?

  /// Makes an override.
  package init(url: String? = nil, unixSocket: String? = nil) {
    self.url = url
    self.unixSocket = unixSocket
  }
}

/// A secret in transit from an operator to the seal; shows itself only when asked to by name.
package struct Credential: Encodable, Sendable, Hashable, CustomStringConvertible, CustomReflectable {
  /// The secret itself.
  package let exposed: String

  /// Wraps a secret.
  package init(_ text: String) { exposed = text }

  /// Never the secret.
  package var description: String { "<credential>" }

  /// Never the secret.
  package var customMirror: Mirror { Mirror(self, children: [:]) }

  /// Writes the secret; for the request body of a client and nothing else.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(exposed)
  }
}

/// Whom an offering's owner wants to be told of what goes wrong; a webhook, an e-mail address or both.
package struct NewNotify: Encodable, Sendable, Hashable {
  /// Where a POST goes: https, or http to this machine.
  package var webhook: String?
  /// What the webhook's bodies are signed with; nil: they are not.
  package var secret: Credential?
  /// An e-mail address.
  package var email: String?

  /// Makes a request.
  package init(webhook: String? = nil, secret: Credential? = nil, email: String? = nil) {
    self.webhook = webhook
    self.secret = secret
    self.email = email
  }
}

/// What POST /v1/offerings asks for.
package struct NewOffering: Encodable, Sendable, Hashable {
  /// Name, shaped as an account's.
  package var name: String
  /// Whom to tell of what goes wrong; nil: nobody.
  package var notify: NewNotify?
  /// Choices in order of preference, 1 to 16.
  package var placements: [PlacementView]
  /// Configuration that only the plugin understands; an object.
  package var config: JSON
  /// `cloud`, `ssh` or `recipe`; the last one exactly where there is a recipe.
  package var readiness: String
  /// Seconds within which a provision is decided, 30 to 86400; nil: the daemon's default.
  package var provisionDeadlineS: Int?
  /// What is run on each machine before it is handed over.
  package var recipe: OfferingRecipe?
  /// What becomes of a machine whose recipe failed: `end`, `next` or `keep`; nil: `end`.
  package var onFailure: String?
  /// Seconds for which a machine is kept with `keep`, 60 to 604800; nil: 3600.
  package var keepForS: Int?
  /// Whether our own key is removed from a machine before it is handed over; nil: it stays.
  package var removesAccess: Bool?

  /// Makes a request.
  package init(
    name: String, placements: [PlacementView], config: JSON = .object([:]), readiness: String = "ssh",
    provisionDeadlineS: Int? = nil, recipe: OfferingRecipe? = nil, onFailure: String? = nil, keepForS: Int? = nil,
    removesAccess: Bool? = nil
  ) {
    self.name = name
    self.placements = placements
    self.config = config
    self.readiness = readiness
    self.provisionDeadlineS = provisionDeadlineS
    self.recipe = recipe
    self.onFailure = onFailure
    self.keepForS = keepForS
    self.removesAccess = removesAccess
  }
}

/// What POST /v1/resources asks for.
package struct NewResource: Encodable, Sendable, Hashable {
  /// Name of the offering.
  package var offering: String
  /// Whom it is for, at most 128 bytes; may be empty.
  package var tenant: String
  /// Public SSH keys in OpenSSH form, at most 16.
  package var sshKeys: [String]
  /// Seconds after which it ends by itself, 60 to 31536000; nil: never.
  package var expiresInS: Int?
  /// Values of the recipe's inputs that the offering leaves open.
  package var inputs: GivenInputs
  /// What it may cost in an hour at most, a plain decimal such as `0.02`; nil: anything.
  package var maxHourly: String?
  /// A recipe to be tried in place of the offering's, `NAME` or `NAME@VERSION`; it needs `expiresInS`.
  package var trial: String?

  /// Makes a request.
  package init(
    offering: String, tenant: String = "", sshKeys: [String] = [], expiresInS: Int? = nil,
    inputs: GivenInputs = GivenInputs(), trial: String? = nil, maxHourly: String? = nil
  ) {
    self.offering = offering
    self.tenant = tenant
    self.sshKeys = sshKeys
    self.expiresInS = expiresInS
    self.inputs = inputs
    self.trial = trial
    self.maxHourly = maxHourly
  }

  private enum Key: String, CodingKey {
    case offering, tenant, sshKeys, expiresInS, inputs, secretInputs, trial, maxHourly
  }

  /// Writes the body; without inputs it is that of a request from before there were any, so that keys stay good.
  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(offering, forKey: .offering)
    try values.encode(tenant, forKey: .tenant)
    try values.encode(sshKeys, forKey: .sshKeys)
    try values.encodeIfPresent(expiresInS, forKey: .expiresInS)
    try values.encodeIfPresent(maxHourly, forKey: .maxHourly)
    try values.encodeIfPresent(trial, forKey: .trial)
    if !inputs.plain.isEmpty { try values.encode(inputs.plain, forKey: .inputs) }
    if !inputs.secret.isEmpty { try values.encode(inputs.secret, forKey: .secretInputs) }
  }
}

/// A request for a resource with what makes it safe to repeat.
package struct ProvisionOrder: Sendable, Hashable {
  /// What is asked for.
  package var resource: NewResource
  /// The Idempotency-Key, 1 to 128 printable ASCII characters.
  package var idempotencyKey: String
  /// Who asks, such as `uid:0`; keys of different callers do not meet.
  package var caller: String
  /// The request in one canonical form, to be digested: the same for bodies that differ only in layout.
  package var canonicalBody: [UInt8]

  /// Makes an order.
  package init(resource: NewResource, idempotencyKey: String, caller: String, canonicalBody: [UInt8]) {
    self.resource = resource
    self.idempotencyKey = idempotencyKey
    self.caller = caller
    self.canonicalBody = canonicalBody
  }
}

/// Which resources a listing shows; nil: no restriction.
package struct ResourceFilter: Sendable, Hashable {
  /// Name of the state.
  package var state: String?
  /// Name of the offering.
  package var offering: String?

  /// Makes a filter.
  package init(state: String? = nil, offering: String? = nil) {
    self.state = state
    self.offering = offering
  }
}

/// What can be done to a plugin.
package enum PluginCommand: String, Sendable, Hashable, CaseIterable {
  case reload, rollback, enable, disable, reset
}

/// What power can do.
package enum PowerAction: String, Codable, Sendable, Hashable, CaseIterable {
  case start, stop, reboot
}
