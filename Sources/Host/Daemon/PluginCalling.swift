package import Core
package import Model

/// How a plugin's verb ended, as the host saw it.
package enum VerbEnding: Sendable, Hashable {
  /// It answered.
  case replied([UInt8])
  /// It failed with a code of the plugin header and a report.
  case failed(Int32, [UInt8])
  /// It ended without an answer: deadline, cancellation.
  case lost(Failure)
  /// The plugin's worker died during it.
  case crashed(Failure)
  /// It never began: the plugin is not serving, or the call was too late.
  case notBegun(Failure)
}

/// A verb's ending with what the broker saw meanwhile.
package struct VerbOutcome: Sendable, Hashable {
  /// How it ended.
  package var ending: VerbEnding
  /// POST, PUT, PATCH and DELETE requests that were made for it.
  package var mutations: [MutationEvidence]
  /// Requests that reached the network.
  package var requests: Int
  /// Whether the plugin's requests go through the broker.
  package var isBrokered: Bool

  /// Makes an outcome.
  package init(ending: VerbEnding, mutations: [MutationEvidence] = [], requests: Int = 0, isBrokered: Bool = true) {
    self.ending = ending
    self.mutations = mutations
    self.requests = requests
    self.isBrokered = isBrokered
  }
}

/// Verbs of the plugin contract, as slipway_plugin.h section 7 names them.
package enum HostVerb: String, Sendable, Hashable, CaseIterable {
  case validate, prepare, provision, poll, terminate, list, catalog
  case selfTest = "self_test"
  case power
}

/// For whom a verb is called; goes into timelines and request records.
package struct CallSubject: Sendable, Hashable {
  /// The resource, where there is one.
  package var resource: ULID?
  /// The attempt, where there is one.
  package var attempt: ULID?
  /// After which no request of it may leave.
  package var notAfter: Instant?
  /// The only object that a request of it may name.
  package var externalID: String?
  /// What a batch is about, one name for each entry, as `name(resource:attempt:)` makes them.
  package var entries: [String] = []
  /// Whether it decides if something exists, so that its requests come before other looks.
  package var isResolving = false
  /// Whether a person wants to know what holds now, so that no answer from before will do.
  package var isAskedNow = false

  /// Makes a subject.
  package init(resource: ULID? = nil, attempt: ULID? = nil, notAfter: Instant? = nil, externalID: String? = nil) {
    self.resource = resource
    self.attempt = attempt
    self.notAfter = notAfter
    self.externalID = externalID
  }

  /// The name under which a crash is charged to what a call was about.
  static func name(_ resource: ULID, _ attempt: ULID?) -> String { "\(resource)/\(attempt?.description ?? "")" }

  /// The resource that such a name begins with.
  static func resource(_ name: String) -> ULID? { ULID(String(name.prefix { $0 != "/" })) }

  /// Names of all that the call is about; empty for one about an account as a whole.
  var names: [String] { entries.isEmpty ? resource.map { [Self.name($0, attempt)] } ?? [] : entries }
}

/// Calls plugins. The real one goes through the router and the broker; a simulation answers in place.
package protocol PluginCalling: Sendable {
  /// Calls one verb and waits for its end, at most as long as the verb's own deadline.
  func call(
    _ verb: HostVerb, on account: AccountRecord, payload: [UInt8], subject: CallSubject
  ) async -> VerbOutcome
  /// What is not called any more of a verb, because it has crashed the plugin, by `CallSubject.names`.
  func parked(_ verb: HostVerb, plugin: String) async -> Set<String>
  /// Whether nothing new is to be made with the plugin, because its file is gone.
  func isWithdrawn(_ plugin: String) async -> Bool
  /// Why nothing can be made on the account for that placement, because what is stored of either does not fit the plugin's
  /// schemas; nil where it does.
  func misfit(_ placement: Placement, on account: AccountRecord) async -> Failure?
}

extension PluginCalling {
  /// Nothing.
  package func parked(_ verb: HostVerb, plugin: String) async -> Set<String> { [] }
  /// No.
  package func isWithdrawn(_ plugin: String) async -> Bool { false }
  /// None.
  package func misfit(_ placement: Placement, on account: AccountRecord) async -> Failure? { nil }
}
