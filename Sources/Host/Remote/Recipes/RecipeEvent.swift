package import RemoteProtocol

/// What is told of a run while it goes on.
package enum RecipeEvent: Sendable, Hashable {
  /// The VM was reached and holds the run: from now on it is never begun again, only found. Once for each connection.
  case attached
  /// cloud-init had ended, or was not waited for any longer, when the script was begun.
  case cloudInit(CloudInitReport)
  /// The script was begun, by the VM's clock in seconds since 1970 (which may be wrong). Once for each connection.
  case running(since: Int64)
  /// Output, exactly the bytes from that offset on; in order, without overlap.
  case output(RemoteStream, offset: Int, [UInt8])
  /// Bytes from `from` up to `to` were written by the script, and not kept by the VM.
  case skipped(RemoteStream, from: Int, to: Int)
  /// The connection could not be made, or was lost; it is tried again after a pause.
  case retrying(RemoteResult.Ending)
}

/// What `cloud-init status --wait` said before the script was begun.
package struct CloudInitReport: Sendable, Hashable {
  /// How the wait ended.
  package enum State: Sendable, Hashable {
    /// There is no cloud-init on the VM.
    case absent
    /// It was still at work at the limit.
    case stillRunning
    /// The exit code of `cloud-init status --wait`: 0 done, 1 error, 2 done with recoverable errors (newer ones).
    case ended(Int32)
  }
  /// How the wait ended.
  package var state: State
  /// Its word for it, as "done" or "error"; empty where it said none. Printable ASCII, 40 bytes at most.
  package var status: String

  /// Makes a report.
  package init(_ state: State, status: String = "") {
    self.state = state
    self.status = status
  }
}
