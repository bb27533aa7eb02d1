import FoundationEssentials
package import Model
import PluginMessages

/// A typed reply, or what went wrong, with the broker's evidence.
struct VerbAnswer<Reply: Sendable>: Sendable {
  var result: Result<Reply, Told>
  var outcome: VerbOutcome

  /// A failure with what it leaves open.
  struct Told: Error {
    var failure: Failure
    var mayExist: Bool
    /// The verb ended without a usable answer.
    var isLost: Bool
    /// The verb never began.
    var isNotBegun: Bool
    /// The plugin's worker died; then `isLost` holds as well.
    var isCrash = false
  }
}

/// Calls verbs with typed messages.
package struct VerbCaller: Sendable {
  let plugins: any PluginCalling
  let installation: ULID
  /// Requests an hour that an account's cloud allows, where it has said so.
  let budget: @Sendable (_ account: String) -> Int?

  /// Makes a caller for this installation; `budget` says how many requests an hour an account's cloud has allowed.
  package init(
    plugins: any PluginCalling, installation: ULID, budget: @escaping @Sendable (String) -> Int? = { _ in nil }
  ) {
    self.plugins = plugins
    self.installation = installation
    self.budget = budget
  }

  /// The same caller by another way, such as an image that does not serve yet.
  func by(_ plugins: any PluginCalling) -> VerbCaller {
    VerbCaller(plugins: plugins, installation: installation, budget: budget)
  }

  /// The account as plugins see it.
  func context(_ account: AccountRecord) -> AccountContext {
    AccountContext(
      id: account.name, installationId: installation.description, settings: account.settings,
      requestsPerHour: budget(account.name) ?? account.limits.requestsPerHour, identity: account.identity)
  }

  /// A placement as plugins see it.
  func spec(_ placement: Placement) -> PlacementSpec {
    let config = try? JSONDecoder().decode(JSONValue.self, from: Data(placement.config.utf8))
    return PlacementSpec(
      type: placement.type, location: placement.location, image: placement.image, config: config ?? .object([:]))
  }

  /// Calls a verb and reads its reply; a reply that cannot be read is INTERNAL.
  func call<Reply: Decodable & Sendable>(
    _ verb: HostVerb, on account: AccountRecord, _ request: some Encodable, subject: CallSubject = CallSubject(),
    as type: Reply.Type = Reply.self
  ) async -> VerbAnswer<Reply> {
    func answer(
      _ failure: Failure, _ outcome: VerbOutcome, mayExist: Bool = true, isLost: Bool = false, isNotBegun: Bool = false,
      isCrash: Bool = false
    ) -> VerbAnswer<Reply> {
      let told = VerbAnswer<Reply>.Told(
        failure: failure, mayExist: mayExist, isLost: isLost, isNotBegun: isNotBegun, isCrash: isCrash)
      return VerbAnswer(result: .failure(told), outcome: outcome)
    }
    let payload: [UInt8]
    do {
      payload = Array(try JSONEncoder().encode(request))
    } catch {
      let failure = Failure(.internal, "the request to \(verb.rawValue) cannot be encoded: \(error)")
      return answer(failure, VerbOutcome(ending: .notBegun(failure)), isNotBegun: true)
    }
    let outcome = await plugins.call(verb, on: account, payload: payload, subject: subject)
    switch outcome.ending {
    case .replied(let bytes):
      do {
        return VerbAnswer(result: .success(try JSONDecoder().decode(Reply.self, from: Data(bytes))), outcome: outcome)
      } catch {
        let failure = Failure(
          .internal, "plugin \(account.plugin) answered \(verb.rawValue) with a reply that cannot be read",
          remedy: "report it to the plugin's author, with the host's log")
        return answer(failure, outcome, isLost: true)
      }
    case .failed(let code, let report):
      let told = Failure.told(code: code, report: report)
      return answer(told.failure, outcome, mayExist: told.mayExist)
    case .crashed(let failure): return answer(failure, outcome, isLost: true, isCrash: true)
    case .lost(let failure): return answer(failure, outcome, isLost: true)
    case .notBegun(let failure): return answer(failure, outcome, isNotBegun: true)
    }
  }
}
