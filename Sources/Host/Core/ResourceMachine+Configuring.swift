import Model

// From a VM whose host key is pinned to one that is handed over: its recipe, and our way in.
extension ResourceMachine {
  /// The host key is pinned: run what the offering promises, or hand over.
  mutating func pinned(_ id: ULID, _ object: String, turn: inout Turn) {
    guard resource.offering.readiness == .recipe, let recipe = resource.offering.recipe else {
      return withdraw(id, object, turn: &turn)
    }
    configure(recipe, id, object, turn: &turn)
  }

  /// Another version of the recipe is wanted on something handed over that has no other work.
  mutating func upgrade(_ operation: ULID, to recipe: RecipeUse, turn: inout Turn) {
    guard case .active(let id, let object) = resource.state, resource.goal == .present, resource.openOperation == nil,
      resource.offering.removesAccess != true
    else { return }
    resource.operations.append(
      Operation(
        id: operation, kind: .configure, acceptedAt: turn.now,
        deadline: turn.now + recipe.timeoutMs + turn.policy.configureGrace))
    note(.intent, "recipe \(recipe.reference)", ["operation": "\(operation)"], turn: &turn)
    begin(recipe, id, object, turn: &turn)
  }

  private mutating func configure(_ recipe: RecipeUse, _ id: ULID, _ object: String, turn: inout Turn) {
    let run = begin(recipe, id, object, turn: &turn)
    move(to: .configuring(attempt: id, object: object, run: run), turn: &turn)
  }

  /// A run with an id of its own. Its effect may be repeated: the VM begins a run of one id once, and tells how it ended
  /// as often as it is asked.
  @discardableResult
  private mutating func begin(_ recipe: RecipeUse, _ id: ULID, _ object: String, turn: inout Turn) -> ULID {
    let run = RecipeRun(
      id: turn.random.id(at: turn.now), use: recipe, attempt: id, object: object, askedAt: turn.now)
    resource.runs = resource.runs.suffix(turn.policy.runsKept - 1) + [run]
    note(.intent, "run \(recipe.reference) as \(run.id)", ["run": "\(run.id)"], turn: &turn)
    ask(.run(attempt: id, object: object, run: run.id), turn: &turn)
    return run.id
  }

  /// The answer to a run.
  mutating func ran(_ effect: Effect, run id: ULID, _ result: EffectResult, turn: inout Turn) {
    guard let index = resource.runs.firstIndex(where: { $0.id == id }), resource.runs[index].ending == nil else {
      return
    }
    switch result {
    case .ran(let report):
      resource.runs[index].ending = report.ending
      resource.runs[index].endedAt = turn.now
      resource.runs[index].durationMs = report.durationMs
      resource.runs[index].cloudInit = report.cloudInit
      resource.runs[index].remark = report.remark
      if let at = report.cloudInitDoneAt, !resource.state.isHandedOver { mark(.cloudInitDone, at: at, turn: &turn) }
      let use = resource.runs[index].use
      resource.runs[index].use = nil
      note(.answer, "recipe \(resource.runs[index].recipe) \(report.ending.words)", ["run": "\(id)"], turn: &turn)
      if let use { conclude(resource.runs[index], of: use, report, turn: &turn) }
    case .refused(let failure), .notSent(let failure), .unknown(let failure, _):
      if failure.code == .hostKeyMismatch { find(.hostKeyMismatch, failure.message, turn: &turn) }
      var next = effect
      if effect.told != failure.message {
        note(.answer, "run \(id): \(failure.message)", turn: &turn)
        next.told = failure.message
      }
      again(next, after: failure, backoff: turn.policy.secure, turn: &turn)
    case .validated, .prepared, .created, .ending, .secured, .done, .powered: break
    }
  }

  /// What the end of a run means for what it was for.
  private mutating func conclude(
    _ run: RecipeRun, of use: RecipeUse, _ report: RecipeReport, turn: inout Turn
  ) {
    let ending = report.ending
    let isRepeated = isInterrupted(ending) && use.idempotent && interruptions(of: run) < turn.policy.runsPerVM
    if resource.state == .configuring(attempt: run.attempt, object: run.object, run: run.id) {
      if ending.isSuccess {
        mark(.recipeDone, turn: &turn)
        ask(.tidy(attempt: run.attempt, object: run.object), turn: &turn)
      } else if isRepeated {
        configure(use, run.attempt, run.object, turn: &turn)
      } else {
        unusable(failure(of: run, report), attempt: run.attempt, turn: &turn)
      }
    } else if resource.openOperation?.kind == .configure {
      if ending.isSuccess {
        resource.offering.recipe = use
        decide(.configure, .succeeded, turn: &turn)
      } else if isRepeated {
        begin(use, run.attempt, run.object, turn: &turn)
      } else {
        decide(.configure, .failed(failure(of: run, report)), turn: &turn)
      }
      if !isRepeated { ask(.tidy(attempt: run.attempt, object: run.object), turn: &turn) }
    }
  }

  /// Whoever asked for the recipe does not want it any more; its own answer then says that it was cancelled.
  mutating func cancelRun(turn: inout Turn) {
    guard let run = resource.runs.last, run.ending == nil else { return }
    let kind = EffectKind.cancel(attempt: run.attempt, object: run.object, run: run.id)
    guard !resource.pending.contains(where: { $0.kind == kind }) else { return }
    note(.intent, "cancel run \(run.id)", ["run": "\(run.id)"], turn: &turn)
    ask(kind, turn: &turn)
  }

  /// The answer to a cancel; it is asked for again as long as the run goes on.
  mutating func cancelled(_ effect: Effect, run id: ULID, _ result: EffectResult, turn: inout Turn) {
    guard resource.runs.contains(where: { $0.id == id && $0.ending == nil }) else { return }
    switch result {
    case .refused(let failure), .notSent(let failure), .unknown(let failure, _):
      again(effect, after: failure, backoff: turn.policy.secure, turn: &turn)
    default: break
    }
  }

  /// The answer to the removal of what runs left. A good VM is not given up because of a folder on it.
  mutating func tidied(
    _ effect: Effect, _ id: ULID, _ object: String, _ result: EffectResult, turn: inout Turn
  ) {
    switch result {
    case .refused(let failure), .notSent(let failure), .unknown(let failure, _):
      if effect.failures < turn.policy.tidyTries {
        return again(effect, after: failure, backoff: turn.policy.secure, turn: &turn)
      }
      note(.answer, "what the recipe's run left on the VM could not be removed: \(failure.message)", turn: &turn)
    default: break
    }
    guard case .configuring(id, object, let run) = resource.state,
      resource.runs.contains(where: { $0.id == run && $0.ending?.isSuccess == true })
    else { return }
    withdraw(id, object, turn: &turn)
  }

  private func isInterrupted(_ ending: RecipeEnding?) -> Bool {
    if case .interrupted = ending { true } else { false }
  }

  /// How often this version was interrupted on this object, one time after the other.
  private func interruptions(of run: RecipeRun) -> Int {
    resource.runs.reversed().prefix {
      $0.object == run.object && $0.recipe == run.recipe && isInterrupted($0.ending)
    }.count
  }

  private func failure(of run: RecipeRun, _ report: RecipeReport) -> Failure {
    var failure = Failure(
      .recipeFailed, "recipe \(run.recipe) \(report.ending.words)" + (run.remark.map { "; \($0)" } ?? ""),
      remedy: "see what it wrote: `slipway resource logs \(resource.id)`")
    failure.lastWords = report.lastWords
    return failure
  }

  /// It runs, but it cannot be handed over: what the offering says is done with it.
  mutating func unusable(_ failure: Failure, attempt id: ULID, turn: inout Turn) {
    switch resource.offering.onFailure ?? .end {
    case .end: fail(failure, turn: &turn)
    case .next: replace(failure, attempt: id, turn: &turn)
    case .keep(let span): hold(failure, for: span, turn: &turn)
    }
  }

  /// The outcome now, the end of the VM later, so that somebody can look at it.
  mutating func hold(_ failure: Failure, for span: Int64, turn: inout Turn) {
    decide(.provision, .failed(failure), turn: &turn)
    resource.wakeAt = nil
    resource.heldUntil = turn.now + span
    drop(turn: turn) { if case .terminate = $0.kind { false } else { true } }
    dropRuns(turn: turn)
    move(to: .compensating(failure, next: nil), turn: &turn)
    note(.intent, "the VM is kept for \(span / 1_000) s, to be looked at; then it is ended", turn: &turn)
  }

  /// Our own way in is removed where the offering says so; then it is handed over.
  private mutating func withdraw(_ id: ULID, _ object: String, turn: inout Turn) {
    guard resource.offering.removesAccess == true else { return handOver(id, object, turn: &turn) }
    move(to: .securing(attempt: id, object: object, step: .leave), turn: &turn)
    ask(.secure(attempt: id, object: object, step: .leave), turn: &turn)
  }
}
