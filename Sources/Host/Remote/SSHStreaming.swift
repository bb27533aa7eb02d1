/// How the output of a run is given away while it runs.
package struct SSHStreaming: Sendable, Hashable {
  /// What follows from a piece of output.
  package enum Answer: Sendable, Hashable {
    /// The next piece.
    case goOn
    /// The next piece; the command reads this, and then the end of its input. Once.
    case feed([UInt8])
    /// The end of the run.
    case stop
  }

  /// Bytes that may wait in the host, at most; at least 1.
  package var credit: Int
  /// How long connecting, the handshake, the login and the start of the command may take together.
  package var login: Duration
  /// How long the machine may say nothing before the connection counts as lost; zero: for ever.
  package var silence: Duration

  /// Makes a plan.
  package init(credit: Int = 131_072, login: Duration = .seconds(30), silence: Duration = .seconds(30)) {
    self.credit = max(1, credit)
    self.login = login
    self.silence = silence
  }
}
