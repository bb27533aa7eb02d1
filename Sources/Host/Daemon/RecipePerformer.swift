import Core
import Crypto
package import Model
package import Remote
import RemoteProtocol
import Store
import System

/// Runs recipes on VMs, keeps what they write, and cleans up behind them. Decides nothing.
package struct RecipePerformer: RecipeRunning {
  private let library: RecipeLibrary
  private let vault: Vault
  private let runner: RecipeRunner
  private let logs: RunLogs
  private let clock: HostClock
  private let limits: OutputLimits

  /// How long a VM may be out of reach before a try is given up; the core decides whether there is another.
  private static let reach = Duration.seconds(120)
  /// How long a VM's cloud-init is waited for.
  private static let cloudInit = Duration.seconds(600)
  /// Bytes of the last words of a run that failed, at most.
  private static let wordsBytes = 1_024
  /// How long a cancel and the removal of one run's folder may take.
  private static let short = Duration.seconds(30)

  /// Makes a performer; of each stream of a run the VM keeps what `limits` says.
  package init(
    library: RecipeLibrary, vault: Vault, runner: RecipeRunner, logs: RunLogs, clock: HostClock, limits: OutputLimits
  ) {
    self.library = library
    self.vault = vault
    self.runner = runner
    self.logs = logs
    self.clock = clock
    self.limits = limits
  }

  /// Begins a run, or goes on with one that was begun, and follows it to its end.
  ///
  /// Where the task is cancelled the run goes on without us. What it left on the VM stays until `tidy`, so that its end
  /// can be asked for again if this host dies before it is committed.
  package func run(_ id: ULID, of resource: Resource, _ attempt: Attempt, on object: CloudObject) async -> EffectResult
  {
    guard let use = resource.runs.first(where: { $0.id == id })?.use else {
      return .refused(Failure(.internal, "run \(id) is not open"))
    }
    guard let target = target(resource, object) else {
      return .notSent(Failure(.unavailable, "no address is known yet"))
    }
    let material: RecipeMaterial
    do throws(RecipeMaterial.Problem) {
      material = try await RecipeMaterial(use, run: id, resource, attempt, object, library: library, vault: vault)
    } catch { return .ran(RecipeReport(.notStarted(error.text))) }
    var job = RecipeJob(
      run: id.description, body: material.body, environment: material.environment,
      timeout: .milliseconds(use.timeoutMs), cloudInitLimit: Self.cloudInit, limits: limits)
    job.offsets = OutputOffsets(
      output: Int(clamping: await logs.end(of: id, .standard)), error: Int(clamping: await logs.end(of: id, .error)))
    var writer = RunWriter(run: id, from: job.offsets, secrets: material.secrets)
    var doneAt: Instant?
    let ending = await runner.run(job, on: target, patience: RecipePatience(reach: Self.reach)) { event in
      if case .cloudInit(let report) = event, report.isDone { doneAt = doneAt ?? clock.now() }
      await logs.append(writer.take(event, at: clock.now()), run: id)
    }
    await logs.append(writer.finish(at: clock.now()), run: id)
    guard case .ran(var report) = ending.result(of: object) else { return ending.result(of: object) }
    report.cloudInitDoneAt = doneAt
    if !report.ending.isSuccess {
      let words = NoticeText.tail(
        await logs.lastWords(of: id, .error, atLeast: Self.wordsBytes), lines: 5, bytes: Self.wordsBytes)
      report.lastWords = words.isEmpty ? nil : words
    }
    return .ran(report)
  }

  /// Ends a run that goes on, or keeps it from beginning.
  package func cancel(_ id: ULID, of resource: Resource, on object: CloudObject) async -> EffectResult {
    guard let target = target(resource, object), let job = job(id) else {
      return .notSent(Failure(.unavailable, "no address is known yet"))
    }
    let ending = await runner.cancel(job, on: target, timeout: Self.short)
    guard ending == .exited(0) else {
      return .notSent(Failure(.unavailable, "run \(id) could not be cancelled: \(ending.words)"))
    }
    return .done
  }

  /// Removes what runs that have ended left on the VM.
  package func tidy(_ resource: Resource, on object: CloudObject) async -> EffectResult {
    guard let target = target(resource, object) else {
      return .notSent(Failure(.unavailable, "no address is known yet"))
    }
    for run in resource.runs where run.object == object.id && run.ending != nil {
      guard let job = job(run.id), await runner.remove(job, on: target, timeout: Self.short) else {
        return .notSent(Failure(.unavailable, "the folder of run \(run.id) could not be removed"))
      }
    }
    return .done
  }

  /// A job that is only ended or removed; its script does not matter.
  private func job(_ id: ULID) -> RecipeJob? {
    guard let body = try? RunBody(Array("exit 0\n".utf8)) else { return nil }
    return RecipeJob(run: id.description, body: body, timeout: Self.short)
  }

  /// The VM under its pinned host key, and no other.
  private func target(_ resource: Resource, _ object: CloudObject) -> SSHTarget? {
    guard let host = object.address, let port = UInt16(exactly: object.sshPort ?? 22),
      let address = SocketAddress(host, port: port),
      let key = resource.hostKey.flatMap({ try? Ed25519PublicKey(openSSH: $0) })
    else { return nil }
    let vault = vault
    return SSHTarget(
      address: address, user: "root", acceptedHostKeys: [key.blob], clientKey: vault.publicKeyBlob,
      sign: { (try? vault.sign($0)) ?? [] })
  }
}

extension RunEnding {
  /// What the core is told.
  func result(of object: CloudObject) -> EffectResult {
    func ran(_ ending: RecipeEnding) -> EffectResult {
      .ran(
        RecipeReport(
          ending,
          durationMs: duration.map {
            $0.components.seconds * 1_000 + $0.components.attoseconds / 1_000_000_000_000_000
          },
          cloudInit: cloudInit?.words, remark: wasDiskFull ? "the VM's disk was full" : nil))
    }
    switch outcome {
    case .exited(let code): return ran(.exited(Int(code)))
    case .signaled(let name): return ran(.signaled(Believed.text(name)))
    case .timedOut: return ran(.timedOut)
    case .outOfMemory: return ran(.outOfMemory)
    case .cancelled: return ran(.cancelled)
    case .interrupted(let why): return ran(.interrupted(why.words))
    case .notStarted(let why): return ran(.notStarted(Believed.text(why.words)))
    case .detached: return .notSent(Failure(.cancelled, "the run goes on without us"))
    case .unreachable(.hostKeyMismatch(let blob)):
      let found = (try? Ed25519PublicKey(bytes: Array(blob.suffix(32))).fingerprint) ?? "a key of another kind"
      return .refused(
        Failure(
          .hostKeyMismatch, "\(object.address ?? object.id) presented \(found), which is not the host key of this VM",
          remedy: "nothing was sent to it; if this lasts, somebody else answers at that address"))
    case .unreachable(.authenticationRefused(let text)):
      return .refused(Failure(.forbidden, "login refused: \(Believed.text(text))"))
    case .unreachable(let reason): return .notSent(Failure(.unavailable, Believed.text(reason.words)))
    }
  }
}

extension RunEnding.Interruption {
  fileprivate var words: String {
    switch self {
    case .rebooted: "the VM started again"
    case .vanished: "what was there of the run is gone"
    case .supervisorKilled: "what watches over it was killed"
    case .statusUnreadable: "its exit status cannot be read, because it had become another user"
    }
  }
}

extension RunEnding.Refusal {
  fileprivate var words: String {
    switch self {
    case .interpreterMissing(let name): "its interpreter \(name) is not on the VM"
    case .diskFull: "no room is left on the VM's disk"
    case .folderRefused(let text): "the VM refused its folder: \(text)"
    case .cutOff: "its start was cut off on the VM"
    case .badJob(let text): text
    }
  }
}

extension CloudInitReport {
  /// Whether it came to its end without an error that counts; 2 is an end with errors from which it recovered.
  fileprivate var isDone: Bool { state == .ended(0) || state == .ended(2) }

  fileprivate var words: String {
    switch state {
    case .absent: "absent"
    case .stillRunning: "still running"
    case .ended(let code): status.isEmpty ? "exited with \(code)" : status
    }
  }
}

extension RemoteResult.Ending {
  /// For a person.
  fileprivate var words: String {
    switch self {
    case .notConnected(let text), .handshakeFailed(let text), .channelRefused(let text), .connectionLost(let text),
      .runnerFailed(let text), .authenticationRefused(let text):
      text
    case .noGreeting: "no SSH greeting in time"
    case .hostKeyMismatch: "another host key"
    case .timedOut(let what): "no answer to \(what) in time"
    case .exited(let code): "exited with \(code)"
    case .signaled(let name): "ended by SIG\(name)"
    }
  }
}
