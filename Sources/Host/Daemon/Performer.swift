package import Core
package import Model
import PluginMessages
import Synchronization

/// Carries out committed effects: plugin verbs and SSH. Decides nothing; what happened goes back to the core.
package final class Performer: Performing {
  private let registry: Registry
  private let verbs: VerbCaller
  private let vault: Vault
  private let shell: any RemoteShell
  private let recipes: any RecipeRunning
  private let clock: HostClock
  private let prepared = Mutex<[PreparedKey: (cookie: String?, at: Instant)]>([:])

  /// What prepare depends on.
  private struct PreparedKey: Hashable {
    var account: String
    var type: String
    var location: String
    var image: String
    var config: String
  }

  /// How long what `prepare` made is taken to be still there, milliseconds.
  private static let preparedFor: Int64 = 300_000

  /// Makes a performer.
  package init(
    registry: Registry, verbs: VerbCaller, vault: Vault, shell: any RemoteShell,
    recipes: any RecipeRunning, clock: HostClock
  ) {
    self.registry = registry
    self.verbs = verbs
    self.vault = vault
    self.shell = shell
    self.recipes = recipes
    self.clock = clock
  }

  /// Performs one effect to its end.
  package func perform(_ effect: Effect, of resource: Resource, attempt: Attempt?) async -> EffectResult {
    switch effect.kind {
    case .validate(let index): return await validate(resource, index)
    case .prepare(let index): return await prepare(resource, index)
    case .provision:
      guard let attempt else { return .notSent(Failure(.internal, "the attempt is not there")) }
      return await provision(effect, resource, attempt)
    case .terminate(_, let object):
      guard let attempt else { return .notSent(Failure(.internal, "the attempt is not there")) }
      return await terminate(effect, resource, attempt, object)
    case .secure(_, let object, let step):
      guard let attempt, let target = attempt.objects.first(where: { $0.id == object }) else {
        return .notSent(Failure(.internal, "the object is not there"))
      }
      return await secure(step, resource, target)
    case .run(_, let object, let run):
      guard let attempt, let target = attempt.objects.first(where: { $0.id == object }) else {
        return .notSent(Failure(.internal, "the object is not there"))
      }
      return await recipes.run(run, of: resource, attempt, on: target)
    case .cancel(_, let object, let run):
      guard let target = attempt?.objects.first(where: { $0.id == object }) else {
        return .notSent(Failure(.internal, "the object is not there"))
      }
      return await recipes.cancel(run, of: resource, on: target)
    case .tidy(_, let object):
      guard let target = attempt?.objects.first(where: { $0.id == object }) else {
        return .notSent(Failure(.internal, "the object is not there"))
      }
      return await recipes.tidy(resource, on: target)
    case .power(_, let object, let action):
      guard let attempt else { return .notSent(Failure(.internal, "the attempt is not there")) }
      return await power(effect, resource, attempt, object, action)
    }
  }

  private func noAccount(_ name: String) -> Failure {
    Failure(.unavailable, "account \(name) does not exist", remedy: "add it again: `slipway account add \(name)`")
  }

  private func validate(_ resource: Resource, _ index: Int) async -> EffectResult {
    let placement = resource.offering.placements[index]
    guard let account = await registry.account(placement.account) else { return .refused(noAccount(placement.account)) }
    if await verbs.plugins.isWithdrawn(account.plugin) {
      return .refused(
        Failure(
          .unsupported, "nothing new is made with plugin \(account.plugin): its file is gone",
          remedy: "put the file back: `slipway plugin install FILE`"))
    }
    if let failure = await verbs.plugins.misfit(placement, on: account) { return .refused(failure) }
    let request = ValidateRequest(account: verbs.context(account), placements: [verbs.spec(placement)])
    let answer: VerbAnswer<ValidateReply> = await verbs.call(
      .validate, on: account, request, subject: CallSubject(resource: resource.id))
    switch answer.result {
    case .success(let reply):
      guard let resolved = reply.placements.first(where: { $0.index == 0 }) else {
        // A placement that could be bought but for stock has no entry.
        return .refused(
          Failure(.noCapacity, "\(placement.type) is out of stock in \(placement.location)"))
      }
      return .validated(ResolvedPlacement(resolved))
    case .failure(let told): return told.isNotBegun ? .notSent(told.failure) : .refused(told.failure)
    }
  }

  private func prepare(_ resource: Resource, _ index: Int) async -> EffectResult {
    let placement = resource.offering.placements[index]
    guard let account = await registry.account(placement.account) else { return .refused(noAccount(placement.account)) }
    let bootstrap: BootstrapKey?
    do {
      bootstrap = resource.offering.readiness.needsSSH ? try vault.mintHostKey(for: resource.id) : nil
    } catch {
      return .notSent(Failure(.internal, "a host key cannot be made: \(error)"))
    }
    let key = PreparedKey(
      account: account.name, type: placement.type, location: placement.location, image: placement.image,
      config: placement.config)
    let now = clock.now()
    if let known = prepared.withLock({ $0[key] }), now - known.at < Self.preparedFor {
      return .prepared(cookie: known.cookie, bootstrap: bootstrap)
    }
    let request = PrepareRequest(
      account: verbs.context(account), placement: verbs.spec(placement), installationKey: vault.publicKey)
    let answer: VerbAnswer<PrepareReply> = await verbs.call(
      .prepare, on: account, request, subject: CallSubject(resource: resource.id))
    switch answer.result {
    case .success(let reply):
      let cookie = Believed.opaque(reply.cookie, most: 16_384)
      prepared.withLock { $0[key] = (cookie, now) }
      return .prepared(cookie: cookie, bootstrap: bootstrap)
    case .failure(let told): return told.isNotBegun ? .notSent(told.failure) : .refused(told.failure)
    }
  }

  private func provision(_ effect: Effect, _ resource: Resource, _ attempt: Attempt) async -> EffectResult {
    guard let account = await registry.account(attempt.placement.account) else {
      return .notSent(noAccount(attempt.placement.account))
    }
    let userData: String
    do {
      userData = try vault.userData(for: resource)
    } catch {
      return .notSent(Failure(.internal, "user data cannot be made: \(error)"))
    }
    let request = ProvisionRequest(
      account: verbs.context(account), attemptId: attempt.id.description, operationId: attempt.operation.description,
      resourceId: resource.id.description, name: attempt.name, placement: verbs.spec(attempt.placement),
      imageId: attempt.resolved.imageID, architecture: attempt.resolved.architecture,
      sshPublicKeys: [vault.publicKey] + resource.sshKeys, userData: userData, cookie: attempt.cookie,
      externalId: attempt.objects.first?.id)
    let answer: VerbAnswer<ProvisionReply> = await verbs.call(
      .provision, on: account, request,
      subject: CallSubject(resource: resource.id, attempt: attempt.id, notAfter: effect.notAfter))
    let ending: CreateEnding
    switch answer.result {
    case .success(let reply): ending = created(reply, attempt)
    case .failure(let told):
      ending =
        told.isNotBegun
        ? .notBegun(told.failure) : told.isLost ? .lost(told.failure) : .failed(told.failure, mayExist: told.mayExist)
    }
    let result = CreateVerdict.judge(
      ending, evidence: answer.outcome.mutations, isBrokered: answer.outcome.isBrokered, now: clock.now())
    if case .refused = result { prepared.withLock { $0.removeAll() } }
    return result
  }

  private func created(_ reply: ProvisionReply, _ attempt: Attempt) -> CreateEnding {
    guard let id = Believed.opaque(reply.externalId, most: 500), !id.isEmpty else {
      return .lost(Failure(.internal, "plugin \(attempt.plugin) answered provision without a usable external id"))
    }
    do {
      let secrets = try reply.secrets.prefix(8).map {
        try vault.seal($0.value, name: Believed.text($0.name, most: 100), of: attempt.resource)
      }
      return .replied(
        Created(
          externalID: id, ipv4: Believed.address(reply.addresses.ipv4), ipv6: Believed.address(reply.addresses.ipv6),
          cookie: Believed.opaque(reply.cookie, most: 16_384), secrets: secrets,
          pollAfterMs: Believed.milliseconds(reply.pollAfterMs), adopted: reply.adopted))
    } catch {
      // The id matters more than a password that cannot be sealed.
      return .replied(Created(externalID: id, cookie: Believed.opaque(reply.cookie, most: 16_384)))
    }
  }

  private func terminate(
    _ effect: Effect, _ resource: Resource, _ attempt: Attempt, _ object: String
  ) async -> EffectResult {
    guard let account = await registry.account(attempt.placement.account) else {
      return .notSent(noAccount(attempt.placement.account))
    }
    let request = TerminateRequest(
      account: verbs.context(account), attemptId: attempt.id.description, name: attempt.name, externalId: object,
      cookie: attempt.cookie)
    let answer: VerbAnswer<TerminateReply> = await verbs.call(
      .terminate, on: account, request,
      subject: CallSubject(resource: resource.id, attempt: attempt.id, externalID: object))
    switch answer.result {
    case .success(let reply):
      // A plugin that found nothing under the id has confirmed nothing.
      let isTaken = answer.outcome.mutations.contains { $0.isAccepted }
      return .ending(
        cookie: Believed.opaque(reply.cookie, most: 16_384),
        pollAfterMs: reply.state == "gone" ? 0 : Believed.milliseconds(reply.pollAfterMs),
        confirmed: isTaken || reply.state != "gone")
    // The plugin did not live to tell it; the broker saw the cloud take the delete of that very object.
    case .failure(let told) where told.isLost && answer.outcome.mutations.contains { $0.isDelete && $0.isAccepted }:
      return .ending(cookie: nil, pollAfterMs: nil, confirmed: true)
    case .failure(let told): return unanswered(told, answer.outcome)
    }
  }

  private func power(
    _ effect: Effect, _ resource: Resource, _ attempt: Attempt, _ object: String, _ action: PowerAction
  ) async -> EffectResult {
    guard let account = await registry.account(attempt.placement.account) else {
      return .notSent(noAccount(attempt.placement.account))
    }
    let request = PowerRequest(
      account: verbs.context(account), attemptId: attempt.id.description, name: attempt.name, externalId: object,
      action: action.rawValue, cookie: attempt.cookie)
    let answer: VerbAnswer<PowerReply> = await verbs.call(
      .power, on: account, request,
      subject: CallSubject(
        resource: resource.id, attempt: attempt.id, notAfter: effect.notAfter, externalID: object))
    switch answer.result {
    case .success(let reply): return .powered(cookie: Believed.opaque(reply.cookie, most: 16_384))
    case .failure(let told): return unanswered(told, answer.outcome)
    }
  }

  private func unanswered<Reply>(_ told: VerbAnswer<Reply>.Told, _ outcome: VerbOutcome) -> EffectResult {
    if told.isNotBegun { return .notSent(told.failure) }
    if told.isLost { return .unknown(told.failure, leftAt: outcome.mutations.map(\.leftAt).max() ?? clock.now()) }
    return .refused(told.failure)
  }

  private func secure(_ step: SecureStep, _ resource: Resource, _ object: CloudObject) async -> EffectResult {
    guard let host = object.address else { return .notSent(Failure(.unavailable, "no address is known yet")) }
    let keys = [resource.bootstrap?.publicKey, resource.hostKey].compactMap(\.self)
    return await shell.secure(
      step,
      RemoteTarget(
        host: host, port: object.sshPort ?? 22, bootstrapKey: keys.first ?? "", newKey: resource.hostKey,
        tenantKeys: resource.sshKeys))
  }

  /// Looks at attempts of one account.
  package func look(account name: String, _ entries: [LookEntry]) async -> LookResult {
    guard let account = await registry.account(name) else { return .failed(noAccount(name)) }
    // What has crashed the plugin is unknown, and only that.
    let parked = await verbs.plugins.parked(.poll, plugin: account.plugin)
    let open = entries.filter { !parked.contains(CallSubject.name($0.resource, $0.attempt.id)) }
    var search = CrashSearch(count: open.count)
    var observations: [Observation] = []
    var requests = 0
    while let range = search.next() {
      let (result, wasCrash) = await look(account, Array(open[range]))
      switch result {
      case .seen(let seen, let count):
        observations += seen
        requests += count
      case .failed where wasCrash: search.crashed(range)
      case .failed(let failure):
        // What was seen before is worth keeping; the rest is unknown.
        return observations.isEmpty ? .failed(failure) : .seen(observations, requests: requests)
      }
    }
    return .seen(observations, requests: requests)
  }

  private func look(_ account: AccountRecord, _ entries: [LookEntry]) async -> (LookResult, wasCrash: Bool) {
    let request = PollRequest(
      account: verbs.context(account),
      entries: entries.map { entry in
        PollEntry(
          attemptId: entry.attempt.id.description, name: entry.attempt.name, externalId: entry.object,
          expect: entry.expectAbsent ? "absent" : "present", cookie: entry.attempt.cookie)
      })
    var subject = CallSubject()
    subject.entries = entries.map { CallSubject.name($0.resource, $0.attempt.id) }
    subject.isResolving = entries.contains { $0.object == nil || $0.expectAbsent }
    let answer: VerbAnswer<PollReply> = await verbs.call(.poll, on: account, request, subject: subject)
    switch answer.result {
    case .failure(let told): return (.failed(told.failure), told.isCrash)
    case .success(let reply):
      let known = Set(entries.map(\.attempt.id))
      let observations = reply.results.prefix(2_000).compactMap { result -> Observation? in
        guard result.failureCode == nil, let id = ULID(result.attemptId), known.contains(id) else { return nil }
        var seen = Observation(
          attempt: id, objects: result.observations.prefix(16).compactMap { ObservedObject($0) },
          scope: LookScope(result.scope), complete: result.allPagesRead, begunAt: clock.now(), mutations: 0,
          identityHolds: true)
        seen.cookie = Believed.opaque(result.cookie, most: 16_384)
        seen.pollAfterMs = Believed.milliseconds(result.pollAfterMs)
        return seen
      }
      return (.seen(observations, requests: answer.outcome.requests), false)
    }
  }
}
