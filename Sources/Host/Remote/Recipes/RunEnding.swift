package import RemoteProtocol

/// How a run ended.
package struct RunEnding: Sendable, Hashable {
  /// The ending.
  package enum Outcome: Sendable, Hashable {
    /// The script exited with this code, 0 to 255.
    case exited(Int32)
    /// A signal ended the script, named without SIG, as "KILL"; neither the timeout nor a cancel sent it.
    case signaled(String)
    /// It ran longer than its timeout, and was ended with all that it had started in its session.
    case timedOut
    /// It failed by SIGKILL, or with exit code 137, and while it ran the kernel killed something for lack of memory.
    case outOfMemory
    /// `RecipeRunner.cancel` ended it, or kept it from beginning.
    case cancelled
    /// It had begun, or may have, and how it ended is lost. Whether it is run again is the caller's decision.
    case interrupted(Interruption)
    /// It did not begin, and never will under this name.
    case notStarted(Refusal)
    /// The VM could not be reached, or not for long enough; whether it has begun is told by `hasBegun`, its later
    /// ending is not known. The last reason is given.
    case unreachable(RemoteResult.Ending)
    /// The task was cancelled: the run goes on without us, and can be found again.
    case detached
  }

  /// Why the ending of a run is lost.
  package enum Interruption: Sendable, Hashable {
    /// The VM was booted since.
    case rebooted
    /// The folder of the run is not there any more.
    case vanished
    /// What watches over the script was killed.
    case supervisorKilled
    /// The VM did not let us read the exit status: the script had become another user.
    case statusUnreadable
  }

  /// Why a run did not begin.
  package enum Refusal: Sendable, Hashable {
    /// The script's interpreter, as the script names it, is not on the VM.
    case interpreterMissing(String)
    /// No room was left on the VM's disk.
    case diskFull
    /// The folder of the run could not be made or written; the VM's words, printable ASCII.
    case folderRefused(String)
    /// The start was cut off on the VM, and has been locked out.
    case cutOff
    /// The job itself is wrong.
    case badJob(String)
  }

  /// The ending.
  package var outcome: Outcome
  /// Whether the script is known to have begun.
  package var hasBegun: Bool
  /// How long the script ran, by the VM's monotonic clock; nil where that is not known.
  package var duration: Duration?
  /// Whether the disk of the VM was full, so that output was lost.
  package var wasDiskFull: Bool
  /// How many processes the kernel killed for lack of memory while it ran, in the whole VM.
  package var memoryKills: Int
  /// How many bytes the script wrote, kept or not; nil where that is not known.
  package var totals: OutputOffsets?
  /// What cloud-init said, where it was waited for.
  package var cloudInit: CloudInitReport?

  /// Makes an ending.
  package init(
    _ outcome: Outcome, hasBegun: Bool = false, duration: Duration? = nil, wasDiskFull: Bool = false,
    memoryKills: Int = 0, totals: OutputOffsets? = nil, cloudInit: CloudInitReport? = nil
  ) {
    self.outcome = outcome
    self.hasBegun = hasBegun
    self.duration = duration
    self.wasDiskFull = wasDiskFull
    self.memoryKills = memoryKills
    self.totals = totals
    self.cloudInit = cloudInit
  }
}
