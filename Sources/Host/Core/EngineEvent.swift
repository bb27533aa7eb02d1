package import Model

/// What the host tells the engine.
package enum EngineEvent: Sendable {
  /// The host is ready to perform; sent once, after the records were loaded.
  case started
  /// Somebody asks for something; answered by `EngineAction.answer` with the same number.
  case command(UInt64, Command)
  /// The ledger made a commit durable.
  case committed(UInt64)
  /// The ledger refused a commit; nothing of it was stored.
  case commitFailed(UInt64, LedgerError)
  /// An effect ended.
  case finished(resource: ULID, effect: Effect, EffectResult)
  /// A look was made; what a batch did not answer is unknown for that entry alone.
  case looked(UInt64, LookResult)
  /// An operator said that this ledger is the newest one.
  case epochConfirmed
  /// An account was added or changed.
  case account(AccountFacts)
  /// The account's cloud said how many requests an hour it takes; 1 or more.
  case accountBudget(String, perHour: Int)
  /// An account was removed.
  case accountRemoved(String)
  /// The account's credential was accepted; `canWrite` says whether it may change things, nil where the cloud does not
  /// tell. A circuit that a refused change opened stays open unless that is known.
  case accountHealthy(String, canWrite: Bool?)
  /// The account's credential was refused by a call of nobody's resource.
  case accountRefused(String, Failure)
  /// The account got another credential, which was tested: what the old one met counts no more, what waits goes on.
  case credentialReplaced(String)
  /// A late answer to a create that had its outcome already: its id is evidence.
  case evidence(resource: ULID, attempt: ULID, externalID: String)
  /// A person should know of something about a resource that the host found, not the cloud.
  case found(resource: ULID, Finding.Kind, String)
  /// Time passed.
  case tick
}

/// What can be asked for.
package enum Command: Sendable, Hashable {
  case provision(Order)
  case terminate(ULID, reason: String)
  case power(ULID, PowerAction)
  case upgrade(ULID, RecipeUse)
  /// End an object that a settled attempt of this resource made after all.
  case endStray(ULID, attempt: ULID, object: String)
  /// Take an object in whose attempt the ledger does not know.
  case adopt(Adoption)
  /// Give a resource out of our hands; its machine stays.
  case release(ULID)
  /// Give out the secrets that the cloud insisted on, and forget them.
  case reveal(ULID)
  /// End the recipe that runs on a resource.
  case cancelRun(ULID)
}

/// The answer to a command, given only once everything in it is durable.
package enum Answer: Sendable, Hashable {
  /// Accepted, now or by an earlier request with the same key.
  case accepted(resource: ULID, operation: ULID)
  /// What was asked for, under seal; the ledger has forgotten it.
  case secrets([SealedSecret])
  /// There is no such resource.
  case unknownResource
  /// The key was used with another body.
  case keyReused
  /// It cannot be done now.
  case refused(Failure)
  /// The ledger has no room for it; nothing was accepted.
  case noRoom(Failure)
}

/// One attempt to look at.
package struct LookEntry: Sendable, Hashable {
  /// The resource.
  package var resource: ULID
  /// The attempt, as committed.
  package var attempt: Attempt
  /// The object to ask for by id; nil: look the attempt up by name.
  package var object: String?
  /// Whether it is expected to be gone.
  package var expectAbsent: Bool
  /// The resource's `mutations` now.
  package var mutations: UInt64

  /// Makes an entry.
  package init(resource: ULID, attempt: Attempt, object: String?, expectAbsent: Bool, mutations: UInt64) {
    self.resource = resource
    self.attempt = attempt
    self.object = object
    self.expectAbsent = expectAbsent
    self.mutations = mutations
  }
}

/// What one batch saw.
package enum LookResult: Sendable, Hashable {
  /// One observation for each attempt that was answered, and the requests that the look cost.
  case seen([Observation], requests: Int)
  /// The whole look failed.
  case failed(Failure)
}

/// One record of a commit.
package struct RecordWrite: Sendable, Hashable {
  /// The record's name.
  package var key: LedgerKey
  /// The version that is replaced; 0: none.
  package var expected: UInt64
  /// The new value.
  package var record: Record
}

/// What the engine asks the host for. Everything is to be done in order, without waiting.
package enum EngineAction: Sendable {
  /// Make these records durable; answer with `committed` or `commitFailed`.
  case commit(UInt64, [RecordWrite])
  /// Perform a committed effect; answer with `finished`.
  case perform(Effect, Resource, Attempt?)
  /// Stop performing an effect that nobody waits for any more; it still answers with `finished`.
  case abandon(ULID)
  /// Look at attempts of one account; answer with `looked`.
  case look(UInt64, account: String, [LookEntry])
  /// Answer a command.
  case answer(UInt64, Answer)
  /// Write timeline lines; not durable with the commit.
  case notes([TimelineEntry])
  /// A resource changed, durably, and is now at this version of its record.
  case changed(ResourceMachine, version: UInt64)
  /// The ledger holds something else than what was decided on; the process has to end, and the next one reads it anew.
  case halt(String)
  /// A notice is durable, and to be delivered until it is.
  case notice(Notice)
  /// Tell people of something that concerns a whole account.
  case alarm(account: String, String)
}
