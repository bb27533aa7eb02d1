package import Control
import Core
import Crypto
import Model

extension Backend {
  /// Accepts a resource durably.
  package func provision(_ order: ProvisionOrder) async throws(ControlFailure) -> AcceptedView {
    let key = Keys.idempotency(order.caller, order.idempotencyKey)
    let replayed = await pump.read { $0.knows(key) }
    // A request that is repeated is answered as the first time, even where its offering is no longer there.
    let offering =
      replayed
      ? Offering(name: order.resource.offering, placements: [], readiness: .cloud, provisionDeadlineMs: 0)
      : try await known(order.resource.offering)
    if let trial = order.resource.trial, !replayed { return try await self.trial(order, trial, offering) }
    guard let recipe = offering.recipe else {
      guard replayed || order.resource.inputs.isEmpty else {
        throw ControlFailure(
          .invalidSpec, "offering \(offering.name) has no recipe, so it takes no inputs", remedy: "leave them out")
      }
      return try await ask(order, offering, replayed: replayed)
    }
    guard await recipes.hold(recipe.recipe) else {
      throw recipeDesk.unknown(recipe.recipe, among: await recipes.all.map(\.name))
    }
    do throws(ControlFailure) {
      var complete = offering
      complete.recipe = try await recipeDesk.use(
        recipe, with: order.resource.inputs, for: "offering \(offering.name)")
      let view = try await ask(order, complete, replayed: replayed)
      await recipes.release(recipe.recipe)
      return view
    } catch {
      await recipes.release(recipe.recipe)
      throw error
    }
  }

  /// A recipe is tried on a machine of an offering, on the same path as the real thing.
  private func trial(
    _ order: ProvisionOrder, _ name: String, _ offering: Offering
  ) async throws(ControlFailure) -> AcceptedView {
    let wanted = try RecipeName(name, at: "trial")
    guard await recipes.hold(wanted.recipe) else {
      throw recipeDesk.unknown(wanted.recipe, among: await recipes.all.map(\.name))
    }
    do throws(ControlFailure) {
      var tried = offering
      let open = try await recipeDesk.use(OfferingRecipe(wanted, inputs: GivenInputs()), of: offering.name)
      let use = try await recipeDesk.use(open, with: order.resource.inputs, for: "the trial of \(open.reference)")
      tried.recipe = use
      tried.readiness = .recipe
      tried.onFailure = nil
      tried.removesAccess = nil
      tried.provisionDeadlineMs = max(
        offering.provisionDeadlineMs, Int64(settings.provisionDeadlineS) * 1_000 + use.timeoutMs)
      let view = try await ask(order, tried, replayed: false)
      await recipes.release(wanted.recipe)
      return view
    } catch {
      await recipes.release(wanted.recipe)
      throw error
    }
  }

  private func ask(
    _ order: ProvisionOrder, _ offering: Offering, replayed: Bool
  ) async throws(ControlFailure) -> AcceptedView {
    let now = clock.now()
    guard offering.removesAccess != true || !order.resource.sshKeys.isEmpty else {
      throw ControlFailure(
        .invalidSpec, "nobody could log in: offering \(offering.name) removes our key, and the request has none",
        expected: "ssh_keys with at least one key", found: "none", remedy: "give one: `--ssh-key FILE`")
    }
    let digest: String
    if order.resource.inputs.secret.isEmpty {
      digest = SHA256.hex(order.canonicalBody)
    } else {
      // What is kept of the body must not let anyone guess a short secret in it.
      do { digest = try vault.digest(of: order.canonicalBody) } catch {
        throw ControlFailure(.internal, "the request cannot be digested: \(error)")
      }
    }
    let command = Order(
      caller: order.caller, idempotencyKey: order.idempotencyKey, bodyDigest: digest,
      tenant: order.resource.tenant, offering: offering, sshKeys: order.resource.sshKeys,
      expiresAt: order.resource.expiresInS.map { now + Int64($0) * 1_000 },
      maxHourly: order.resource.maxHourly.flatMap { Money(decimal: $0) })
    return try accepted(await pump.ask(.provision(command)), order.resource.offering, replayed: replayed)
  }

  func accepted(_ answer: Answer, _ subject: String, replayed: Bool) throws(ControlFailure) -> AcceptedView {
    switch answer {
    case .accepted(let resource, let operation):
      return AcceptedView(resourceId: resource.description, operationId: operation.description, replayed: replayed)
    case .unknownResource, .secrets: throw notFound("resource", subject, among: [])
    case .keyReused:
      throw ControlFailure(
        .idempotencyConflict, "this idempotency key came before with another body",
        remedy: "repeat the first request unchanged, or take a new key")
    case .noRoom(let failure):
      var shown = ControlFailure(failure)
      shown.code = .storageFull
      throw shown
    case .refused(let failure):
      var shown = ControlFailure(failure)
      if failure.code == .busy { shown.code = .conflict }
      throw shown
    }
  }

  /// Resources that fit the filter, oldest first.
  package func resources(_ filter: ResourceFilter) async throws(ControlFailure) -> [ResourceView] {
    await pump.read { engine in
      engine.machines.filter { machine in
        (filter.state == nil || filter.state == machine.resource.state.name)
          && (filter.offering == nil || filter.offering == machine.resource.offering.name)
      }.map { ResourceView($0, version: engine.version(of: $0.resource.id)) }
    }
  }

  /// One resource.
  package func resource(_ id: String) async throws(ControlFailure) -> ResourceView {
    let (machine, version) = try await found(id)
    return ResourceView(machine, version: version)
  }

  private func found(_ text: String) async throws(ControlFailure) -> (ResourceMachine, UInt64) {
    guard let id = ULID(text) else { throw notFound("resource", text, among: []) }
    let known = await pump.read { engine in engine.machine(id).map { ($0, engine.version(of: id)) } }
    guard let known else { throw notFound("resource", text, among: []) }
    return known
  }

  /// A resource's changes from now on.
  package func watch(
    _ text: String, since: UInt64, staying: Bool
  ) async throws(ControlFailure) -> AsyncStream<ResourceEvent> {
    guard let id = ULID(text) else { throw notFound("resource", text, among: []) }
    // Listen first, then read, so that no change falls in between.
    let (stream, door) = watchers.add(id, staying: staying)
    do {
      let (machine, version) = try await found(text)
      if version != since || machine.isResting {
        door.yield(Self.event(machine, version, at: Timestamp(clock.now())))
      }
      if machine.isResting && (!staying || machine.resource.state.isFinal) { door.finish() }
      return stream
    } catch {
      door.finish()
      throw error
    }
  }

  /// An event of a resource's stream.
  static func event(_ machine: ResourceMachine, _ version: UInt64, at: Timestamp) -> ResourceEvent {
    ResourceEvent(
      seq: version, at: at, resource: ResourceView(machine, version: version), resting: machine.isResting)
  }

  /// Commits that the resource is to be gone.
  package func terminate(_ text: String) async throws(ControlFailure) -> AcceptedView {
    guard let id = ULID(text) else { throw notFound("resource", text, among: []) }
    return try accepted(await pump.ask(.terminate(id, reason: "asked for")), text, replayed: false)
  }

  /// Starts, stops or reboots.
  package func power(_ text: String, _ action: Control.PowerAction) async throws(ControlFailure) -> AcceptedView {
    guard let id = ULID(text) else { throw notFound("resource", text, among: []) }
    let wanted: Model.PowerAction =
      switch action {
      case .start: .start
      case .stop: .stop
      case .reboot: .reboot
      }
    return try accepted(await pump.ask(.power(id, wanted)), text, replayed: false)
  }

  /// Everything that happened to a resource, oldest first.
  package func timeline(_ text: String) async throws(ControlFailure) -> [TimelineEntryView] {
    let (machine, _) = try await found(text)
    return await archive.timeline(of: machine.resource.id).map {
      TimelineEntryView(at: Timestamp($0.at), kind: $0.kind.rawValue, text: $0.text, fields: $0.fields)
    }
  }
}
