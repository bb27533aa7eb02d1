"""What `make mutants` does to the core: each entry is a fault that a hasty change could bring in.

An edit replaces a text that occurs exactly once in its file. A mutant that the simulator does not catch is a hole in its
rules, not a curiosity.
"""

ENDING = "Core/ResourceMachine+Ending.swift"
CREATING = "Core/ResourceMachine+Creating.swift"
OBSERVING = "Core/ResourceMachine+Observing.swift"
CHOOSING = "Core/ResourceMachine+Choosing.swift"
COMMITS = "Core/Engine+Commits.swift"
LOOKS = "Core/Engine+Looks.swift"
SWEEP = "Core/SweepLedger.swift"

MUTANTS = [
    ("send before commit", [(COMMITS,
        "    actions.append(.commit(serial, writes))\n",
        """    actions.append(.commit(serial, writes))
    for effect in next.resource.pending where isPerformable(effect, at: turn.now) {
      running.insert(effect.id)
      actions.append(.perform(effect, next.resource, effect.kind.attempt.flatMap { next.attempts[$0] }))
    }
""")]),
    ("blind second create", [(CREATING,
        "      doubt(id, leftAt: leftAt, turn: &turn)\n",
        "      retryCreate(effect, of: id, failure, turn: &turn)\n")]),
    ("incomplete list taken as absence", [(OBSERVING,
        "      look.complete, look.scope != .byID, look.identityHolds, look.objects.isEmpty,\n",
        "      look.scope != .byID, look.identityHolds, look.objects.isEmpty,\n")]),
    ("a listing begun too early counts", [(OBSERVING,
        "      look.begunAt >= leftAt + attempt.settleMs\n",
        "      look.begunAt >= leftAt\n")]),
    ("settle measured from dispatch instead of restart", [(ENDING,
        "        doubt(id, leftAt: turn.now, turn: &turn)\n",
        "        doubt(id, leftAt: effect.id.time, turn: &turn)\n")]),
    ("fallback on unknown", [(CREATING,
        "      doubt(id, leftAt: leftAt, turn: &turn)\n",
        """      doubt(id, leftAt: leftAt, turn: &turn)
      if resource.state == .resolving(attempt: id), resource.offering.placements.count > 1 {
        reject(failure, at: placementIndex(of: id), turn: &turn)
      }
""")]),
    ("first match only", [(OBSERVING,
        "    for object in found {\n",
        "    for object in known.isEmpty ? found.prefix(1) : [] {\n")]),
    ("id dropped when terminate raced", [(CREATING,
        "      learn(created.externalID, of: id, turn: &turn)\n",
        """      guard resource.goal != .absent else { return notMade(id, turn: &turn) }
      learn(created.externalID, of: id, turn: &turn)
""")]),
    ("poll reply by index", [(LOOKS,
        "    let usable = observations.filter { asked[$0.attempt] != nil && !repeated.contains($0.attempt) }\n",
        """    let usable = zip(observations, look.entries).map { seen, entry in
      var seen = seen
      seen.attempt = entry.attempt.id
      return seen
    }
""")]),
    ("stale observation wins", [(OBSERVING,
        "    guard look.mutations == resource.mutations else { return }\n", "")]),
    ("effect marked done before performed", [(ENDING,
        "  mutating func restarted(turn: inout Turn) {\n",
        """  mutating func restarted(turn: inout Turn) {
    resource.pending.removeAll { !$0.kind.isOnce && $0.boot != turn.boot }
""")]),
    ("failed before compensation", [(ENDING,
        "    move(to: .compensating(failure, next: nil), turn: &turn)\n",
        "    move(to: .failed(failure), turn: &turn)\n")]),
    ("sweep deletes an object with no record", [(SWEEP,
        "      return Found(kind: .orphan, thing: thing, resource: nil, attempt: nil)\n",
        """      let any = machines.keys.sorted().first { machines[$0]?.hasSettled($0) == true }
      return Found(kind: .orphan, thing: thing, resource: any.flatMap { machines[$0]?.resource.id }, attempt: any)
""")]),
    ("late watch purged", [(ENDING,
        "      move(to: .terminated, turn: &turn)\n",
        """      move(to: .terminated, turn: &turn)
      for id in resource.attempts { attempts[id]?.watchUntil = nil }
""")]),
    ("budget taken after dispatch", [(CHOOSING,
        "    guard turn.accounts[placement.account]?.creates.take(1, at: turn.now) == true else {\n",
        """    turn.accounts[placement.account]?.creates.charge(1, at: turn.now)
    guard account.facts.name == placement.account else {
""")]),
    ("a once effect replayed", [
        (ENDING, "    for effect in resource.pending where effect.kind.isOnce && effect.boot != turn.boot {\n",
         "    for effect in resource.pending where effect.kind.isOnce && effect.boot > turn.boot {\n"),
        (COMMITS, "      guard !effect.kind.isOnce || effect.boot == boot else { continue }\n", ""),
    ]),
]
