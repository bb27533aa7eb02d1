/// What the control API can ask of the daemon; the daemon implements it, tests fake it.
///
/// Every call may take as long as the cloud behind it; none is cancelled because a client hung up. Names and ids
/// come decoded and checked for shape, not for existence.
package protocol ControlBackend: RecipeBackend, ReconciliationBackend, Sendable {
  /// How the daemon is; answers from memory, at once.
  func health() async throws(ControlFailure) -> HealthView

  /// All plugins that were found, serving or not, by id; with `settled`, once the first start of each is decided.
  func plugins(settled: Bool) async throws(ControlFailure) -> [PluginView]
  /// All plugins now, and again after every change of one of them; a slow reader misses what lies between.
  func watchPlugins() async throws(ControlFailure) -> AsyncStream<[PluginView]>
  /// One plugin; NOT_FOUND.
  func plugin(_ id: String) async throws(ControlFailure) -> PluginView
  /// Carries a command about a plugin out; returns when its end is decided. CONFLICT where its state does not allow it.
  func steerPlugin(_ id: String, _ command: PluginCommand) async throws(ControlFailure) -> PluginView
  /// Puts a copy of the file at an absolute path into a plugin folder; returns when it serves or will not.
  func installPlugin(_ path: String) async throws(ControlFailure) -> PluginView
  /// Approves what the image of that digest asks for, on every account of the plugin, and serves it; CONFLICT where
  /// another image waits, or none.
  func approvePlugin(_ id: String, sha256: String) async throws(ControlFailure) -> PluginView

  /// Approves the account's origins, runs its self test, pins its identity and stores it sealed; all or nothing.
  func addAccount(_ account: NewAccount) async throws(ControlFailure) -> AccountView
  /// All accounts, by name.
  func accounts() async throws(ControlFailure) -> [AccountView]
  /// One account; NOT_FOUND.
  func account(_ name: String) async throws(ControlFailure) -> AccountView
  /// Runs the self test now; a test that fails is a failing account, not an error of this call.
  func checkAccount(_ name: String) async throws(ControlFailure) -> AccountView
  /// Puts another credential in the place of an account's, once it was seen to be good and of the same cloud account;
  /// otherwise the old one stays. Everything else stays, work that is under way among it.
  func rotateAccount(_ name: String, to credential: Credential) async throws(ControlFailure) -> AccountView
  /// Takes what identifies the cloud account anew, as where our SSH key was deleted there. CONFLICT where it is another
  /// account's, or where it shows none of the account's machines, unless the caller `isSure`.
  func pinAccount(_ name: String, isSure: Bool) async throws(ControlFailure) -> AccountView
  /// Changes what may be made on an account; holds for what is accepted after it.
  func limitAccount(_ name: String, to change: LimitsView) async throws(ControlFailure) -> AccountView
  /// What the cloud sells to an account now, all of it, in no order.
  func catalog(_ account: String) async throws(ControlFailure) -> CatalogView
  /// Forgets the account and its credential; IN_USE while resources or offerings name it.
  func removeAccount(_ name: String) async throws(ControlFailure)

  /// Stores an offering; ALREADY_EXISTS for a name in use. Its placements are not validated against the cloud.
  func addOffering(_ offering: NewOffering) async throws(ControlFailure) -> OfferingView
  /// Offerings by name; only those with or without a recipe where `hasRecipe` says so.
  func offerings(hasRecipe: Bool?) async throws(ControlFailure) -> [OfferingView]
  /// One offering; NOT_FOUND.
  func offering(_ name: String) async throws(ControlFailure) -> OfferingView
  /// Asks the clouds whether each placement holds now; a placement that does not is part of the answer. The prices that
  /// it shows are those that later ones are held against.
  func validateOffering(_ name: String) async throws(ControlFailure) -> ValidationView
  /// Forgets the offering; resources keep the snapshot that they were accepted with.
  func removeOffering(_ name: String) async throws(ControlFailure)

  /// Accepts a resource durably and returns; IDEMPOTENCY_CONFLICT where the key came with another body.
  func provision(_ order: ProvisionOrder) async throws(ControlFailure) -> AcceptedView
  /// Resources that fit the filter, oldest first.
  func resources(_ filter: ResourceFilter) async throws(ControlFailure) -> [ResourceView]
  /// One resource by its whole id; NOT_FOUND.
  func resource(_ id: String) async throws(ControlFailure) -> ResourceView
  /// One event now unless `since` is the current one, one for every committed change after that, and the end once
  /// the resource rests; with `staying`, once it has ended for good. A slow reader may miss events between the first
  /// and the newest, never the newest.
  func watch(_ id: String, since: UInt64, staying: Bool) async throws(ControlFailure) -> AsyncStream<ResourceEvent>
  /// Commits that the resource is to be gone; a second call joins the first.
  func terminate(_ id: String) async throws(ControlFailure) -> AcceptedView
  /// Starts, stops or reboots; CONFLICT while the resource ends or is not handed over yet.
  func power(_ id: String, _ action: PowerAction) async throws(ControlFailure) -> AcceptedView
  /// Gives out the secrets that the cloud insisted on, and forgets them: the second call gives none.
  func revealSecrets(_ id: String) async throws(ControlFailure) -> [SecretView]
  /// Ends the recipe that runs on the resource; CONFLICT where none does.
  func cancelRun(_ id: String) async throws(ControlFailure) -> AcceptedView
  /// What the newest run of a recipe wrote, or the one that the query names, at most 64 chunks; NOT_FOUND.
  func recipeLog(_ id: String, _ query: LogQuery) async throws(ControlFailure) -> [LogChunkView]
  /// The same, and then what comes until the run has ended; read as fast as it is taken.
  func followRecipeLog(_ id: String, _ query: LogQuery) async throws(ControlFailure) -> AsyncStream<LogChunkView>
  /// Everything that happened to the resource, oldest first.
  func timeline(_ id: String) async throws(ControlFailure) -> [TimelineEntryView]
}
