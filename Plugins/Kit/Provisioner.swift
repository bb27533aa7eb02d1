public import PluginMessages

/// One cloud: what a plugin's author writes.
///
/// Every verb asks the cloud once and answers; waiting is the host's work. Verbs run on the host's call
/// threads (512 KiB of stack), up to `manifest.maxConcurrency` at once on the same value: hence `Sendable`.
/// A value lives as long as its process but must remember nothing that matters; what must last goes into
/// the cookie of an attempt. A verb blocks in `call.http`; it starts no thread, task or queue.
public protocol Provisioner: Sendable {
  /// What the plugin says of itself.
  static var manifest: PluginManifest { get }

  /// Makes the one value that serves all calls.
  init()

  /// Can this be bought, and what does it cost? Changes nothing.
  func validate(_ request: ValidateRequest, _ call: Call) throws(CloudFailure) -> ValidateReply

  /// Makes what provision needs and what costs nothing; idempotent.
  func prepare(_ request: PrepareRequest, _ call: Call) throws(CloudFailure) -> PrepareReply

  /// Makes the object and returns its id the moment the cloud names it.
  func provision(_ request: ProvisionRequest, _ call: Call) throws(CloudFailure) -> ProvisionReply

  /// Looks at a batch of attempts, by id or, without one, by name. One result for each entry.
  func poll(_ request: PollRequest, _ call: Call) throws(CloudFailure) -> PollReply

  /// Ends one object, after re-reading that it carries the attempt's label; idempotent.
  func terminate(_ request: TerminateRequest, _ call: Call) throws(CloudFailure) -> TerminateReply

  /// Everything of this installation in the account.
  func list(_ request: ListRequest, _ call: Call) throws(CloudFailure) -> ListReply

  /// What the cloud sells.
  func catalog(_ request: CatalogRequest, _ call: Call) throws(CloudFailure) -> CatalogReply

  /// Whose account this is, and whether the credential is good.
  func selfTest(_ request: SelfTestRequest, _ call: Call) throws(CloudFailure) -> SelfTestReply

  /// Starts, stops or reboots one object. Offered to the host only when the manifest's capabilities
  /// name `power`.
  func power(_ request: PowerRequest, _ call: Call) throws(CloudFailure) -> PowerReply
}

extension Provisioner {
  /// Refuses: clouds that cannot switch power need not write this verb.
  public func power(_ request: PowerRequest, _ call: Call) throws(CloudFailure) -> PowerReply {
    throw CloudFailure(
      .unsupported, "\(Self.manifest.name) cannot \(request.action) a machine",
      remedy: "terminate the resource instead, if it is no longer needed", mayExist: false)
  }
}
