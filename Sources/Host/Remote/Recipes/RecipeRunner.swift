package import RemoteProtocol
package import System

/// Where, as whom, and with what keys a VM is reached.
package struct SSHTarget: Sendable {
  /// Address and port.
  package var address: SocketAddress
  /// User to log in as.
  package var user: String
  /// Host keys that are accepted, SSH wire form.
  package var acceptedHostKeys: [[UInt8]]
  /// The client's public key, SSH wire form.
  package var clientKey: [UInt8]
  /// Signs as the client, as in `SSHRun`.
  package var sign: @Sendable ([UInt8]) -> [UInt8]

  /// Makes a target.
  package init(
    address: SocketAddress, user: String, acceptedHostKeys: [[UInt8]], clientKey: [UInt8],
    sign: @escaping @Sendable ([UInt8]) -> [UInt8]
  ) {
    self.address = address
    self.user = user
    self.acceptedHostKeys = acceptedHostKeys
    self.clientKey = clientKey
    self.sign = sign
  }
}

/// How long a VM may be out of reach.
package struct RecipePatience: Sendable, Hashable {
  /// From the first try, or from the last sign of life, to giving up.
  package var reach: Duration
  /// One connection's limits, and the bytes of output that may wait in the host.
  package var streaming: SSHStreaming
  /// The pause after the first failed try; it doubles with each, up to `longestPause`.
  package var shortestPause: Duration
  /// The longest pause between two tries.
  package var longestPause: Duration

  /// Makes limits.
  package init(
    reach: Duration, streaming: SSHStreaming = SSHStreaming(login: .seconds(20)),
    shortestPause: Duration = .milliseconds(250), longestPause: Duration = .seconds(3)
  ) {
    self.reach = reach
    self.streaming = streaming
    self.shortestPause = shortestPause
    self.longestPause = longestPause
  }

  /// The pause after so many tries in a row that failed, counted from 1.
  package func pause(after tries: Int) -> Duration {
    min(longestPause, shortestPause * (1 << min(max(tries - 1, 0), 20)))
  }
}

/// Runs recipes on VMs. A run lives on its VM: connections come and go.
package struct RecipeRunner: Sendable {
  private let session: SSHSession
  private let reactor: Reactor

  /// Makes a runner. Pauses are timed by the reactor.
  package init(session: SSHSession, reactor: Reactor) {
    self.session = session
    self.reactor = reactor
  }

  /// Begins the run, or finds it, and follows it to its end, over as many connections as that takes. Never throws.
  ///
  /// `deliver` gets one event after the other; while it works the VM waits, so that the host holds no more than the
  /// credit and one piece of it. A wrong host key ends it at once, and so does a refused login before the run was reached.
  /// When the task is cancelled the run goes on: the ending is `detached`, and a job with the offsets and without
  /// `mayBegin` finds it again. What is on the VM stays there until `remove`.
  package func run(
    _ job: RecipeJob, on target: SSHTarget, patience: RecipePatience, deliver: (RecipeEvent) async -> Void
  ) async -> RunEnding {
    if let problem = job.problem { return RunEnding(.notStarted(.badJob(problem))) }
    var progress = RunProgress(job)
    var lastSign = Clock.monotonic()
    var attachedAt: UInt64?
    var tries = 0
    while true {
      guard !Task.isCancelled else { return progress.detached() }
      progress.connect()
      var streaming = patience.streaming
      streaming.login = min(streaming.login, Self.left(of: patience.reach, since: lastSign))
      var problem: String?
      var words: [UInt8] = []
      let result = await session.stream(
        request(
          target, RecipeScript.follow(job, mayBegin: !progress.isAttached, offsets: progress.offsets),
          timeout: Self.left(of: whole(job, patience), since: attachedAt ?? Clock.monotonic()),
          mayBegin: progress.isAttached ? nil : job),
        streaming
      ) { stream, bytes in
        guard stream == .output else {
          words += bytes.prefix(200 - min(words.count, 200))
          return .goOn
        }
        let wasReady = progress.isReady
        do throws(MalformedRun) {
          let events = try progress.take(bytes)
          for event in events {
            tries = 0
            await deliver(event)
          }
        } catch { problem = error.reason }
        lastSign = Clock.monotonic()
        if progress.isAttached, attachedAt == nil { attachedAt = lastSign }
        guard problem == nil, progress.ending == nil, !Task.isCancelled else { return .stop }
        return progress.isReady && !wasReady ? .feed(RecipeScript.permission(job)) : .goOn
      }
      if let ending = progress.ending { return ending }
      guard !Task.isCancelled else { return progress.detached() }
      let reason =
        problem.map { .runnerFailed("the VM printed what is no record of a run: \($0)") } ?? told(result, words)
      tries += 1
      let isHopeless =
        switch reason {
        case .hostKeyMismatch: true
        case .authenticationRefused: !progress.isAttached
        default: false
        }
      let pause = patience.pause(after: tries)
      let left = min(
        Self.left(of: patience.reach, since: lastSign),
        Self.left(of: whole(job, patience), since: attachedAt ?? Clock.monotonic()))
      guard !isHopeless, pause < left else { return progress.givenUp(reason) }
      await deliver(.retrying(reason))
      do { try await reactor.sleep(for: pause) } catch { return progress.detached() }
    }
  }

  /// Ends a run with all that it started in its session, or keeps it from ever beginning, in one try.
  ///
  /// It is told by `run`, as `cancelled`. The result is `exited(0)` where the VM has taken it.
  package func cancel(_ job: RecipeJob, on target: SSHTarget, timeout: Duration) async -> RemoteResult.Ending {
    if let problem = job.problem { return .runnerFailed(problem) }
    return await session.run(request(target, RecipeScript.cancel(job), timeout: timeout)).ending
  }

  /// Removes everything of a run that has ended from the VM, in one try. Call it once the ending is safe.
  ///
  /// True where nothing is left; false where the VM could not be reached, or where the run goes on.
  package func remove(_ job: RecipeJob, on target: SSHTarget, timeout: Duration) async -> Bool {
    guard job.problem == nil else { return false }
    return await session.run(request(target, RecipeScript.remove(job), timeout: timeout)).ending == .exited(0)
  }

  private func request(
    _ target: SSHTarget, _ script: [UInt8], timeout: Duration, mayBegin job: RecipeJob? = nil
  ) -> SSHRun {
    SSHRun(
      address: target.address, user: target.user, acceptedHostKeys: target.acceptedHostKeys,
      clientKey: target.clientKey, sign: target.sign, command: RecipeScript.command(mayBegin: job), input: script,
      timeout: timeout)
  }

  /// How long a run is followed, from the first contact on: a VM keeps its own time, and one may not end its run.
  private func whole(_ job: RecipeJob, _ patience: RecipePatience) -> Duration {
    job.cloudInitLimit + job.timeout + job.grace + patience.reach + .seconds(300)
  }

  private static func left(of limit: Duration, since: UInt64) -> Duration {
    max(.zero, limit - .nanoseconds(Int64(clamping: Clock.monotonic() &- since)))
  }

  /// Why a connection ended before the run did.
  private func told(_ result: RemoteResult, _ words: [UInt8]) -> RemoteResult.Ending {
    let said = String(decoding: words.map { (32...126).contains($0) ? $0 : UInt8(ascii: " ") }, as: UTF8.self)
    return switch result.ending {
    case .exited(let code): .channelRefused("the VM's shell ended with exit code \(code) before the run did: \(said)")
    case .signaled(let name): .channelRefused("the VM's shell was ended by SIG\(name) before the run was: \(said)")
    case let ending: ending
    }
  }
}
