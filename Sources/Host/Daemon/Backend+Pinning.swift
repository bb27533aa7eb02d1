package import Control
import Core
import Model

extension Backend {
  /// Takes what identifies an account's cloud account anew. What is asked is whether it is the same one: its machines tell,
  /// because no other account shows an object of such an id with the name of our attempt.
  package func pinAccount(_ name: String, isSure: Bool) async throws(ControlFailure) -> AccountView {
    let old = try await knownAccount(name)
    let purpose = "account \(name) was not pinned anew"
    var found = try await tested(old, preparing: false, purpose)
    if found.identity != old.identity || old.identity == nil {
      // Before anything is made there: it may be another account.
      if !isSure { try await requireSame(old, purpose) }
      found = try await tested(old, preparing: true, purpose)
    }
    guard let identity = found.identity else {
      throw ControlFailure(
        .conflict, "\(purpose): the cloud does not tell whose account answers", expected: "an identity", found: "none",
        remedy: "see `slipway account check \(name)`")
    }
    var new = old
    new.identity = identity
    if new != old {
      if let twin = await registry.twins(of: new).first {
        throw ControlFailure(
          .conflict, "\(purpose): what answers is the cloud account of account \(twin.name)",
          expected: "a cloud account that no other account is", found: identity,
          remedy: "give it a credential of its own: `slipway account rotate \(name)`")
      }
      let final = new
      try await stored { try await registry.replace(old, by: final) }
    }
    accounts.settle(new, .success(found.reply))
    if found.didWrite { pump.send(.accountHealthy(name, canWrite: true)) }
    return await view(new)
  }

  /// Refuses an account that shows none of the machines that ours has.
  private func requireSame(_ account: AccountRecord, _ purpose: String) async throws(ControlFailure) {
    let ours = await pump.read { engine in
      engine.machines(on: account.name).flatMap(\.attempts.values).filter { $0.placement.account == account.name }
    }
    var standing: [String: String] = [:]
    for attempt in ours {
      for object in attempt.objects where object.fate == .kept || object.isOwed {
        standing[object.id] = attempt.id.description
      }
    }
    let listing: Listing
    do {
      listing = try await verbs.listing(of: account, begunAt: clock.now())
    } catch {
      var failure = (error as? Failure).map { ControlFailure($0) } ?? ControlFailure(.internal, "\(error)")
      failure.message = "\(purpose): its machines cannot be listed: \(failure.message)"
      throw failure
    }
    let isKnown = listing.things.contains { thing in
      thing.attemptLabel != nil && thing.attemptLabel == standing[thing.externalID]
    }
    guard !isKnown else { return }
    throw ControlFailure(
      .conflict,
      standing.isEmpty
        ? "\(purpose): it has no machine that could prove that it is the same cloud account"
        : "\(purpose): none of its machines is in the cloud account that answers",
      expected: standing.isEmpty
        ? "a machine of ours" : "one of \(standing.keys.sorted().prefix(3).joined(separator: ", "))",
      found: listing.things.isEmpty ? "nothing of ours" : "\(listing.things.count) objects, none of them known here",
      remedy:
        "if it is another account, give it its own credential: `slipway account rotate \(account.name)`. If you know "
        + "that it is the same one: `slipway account pin \(account.name) --sure`")
  }
}
