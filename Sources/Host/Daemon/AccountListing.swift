package import Model
import PluginMessages

extension VerbCaller {
  /// Everything that an account holds of ours, as its plugin lists it; `begunAt` is when it was asked.
  /// - Throws: `Failure` where the plugin could not list it.
  package func listing(of account: AccountRecord, begunAt: Instant) async throws -> Listing {
    let answer: VerbAnswer<ListReply> = await call(.list, on: account, ListRequest(account: context(account)))
    switch answer.result {
    case .failure(let told): throw told.failure
    case .success(let reply):
      let things = reply.objects.prefix(200_000).compactMap { ListedThing($0) }
      let isCounted = reply.total.map { $0 == reply.objects.count } ?? true
      return Listing(
        things: things, isComplete: reply.allPagesRead && isCounted && things.count == reply.objects.count,
        begunAt: begunAt)
    }
  }
}

extension ListedThing {
  /// An object as a plugin listed it; nil where its id cannot be one.
  init?(_ told: ListedObject) {
    guard let id = Believed.opaque(told.externalId, most: 500), !id.isEmpty else { return nil }
    self.init(
      externalID: id, kind: Believed.text(told.kind, most: 40), name: Believed.text(told.name, most: 200),
      attemptLabel: told.attemptId.map { Believed.text($0, most: 100) },
      resourceLabel: told.resourceId.map { Believed.text($0, most: 100) },
      state: ObservedState(rawValue: told.state.rawValue) ?? .unknown, isProtected: told.protected)
    createdAt = told.createdAt.map { Believed.text($0, most: 40) }
    ipv4 = Believed.address(told.addresses.ipv4)
    ipv6 = Believed.address(told.addresses.ipv6)
    type = told.type.map { Believed.text($0, most: 200) }
    location = told.location.map { Believed.text($0, most: 200) }
  }
}
