/// One message between the host and slipway-ssh, over a stream socket: u32 length (little endian) of what follows, u8 kind,
/// fields of u32 length and bytes each.
package enum RemoteFrame: Sendable, Hashable {
  /// Host: what to do. Once, first.
  case start(RemoteTask)
  /// slipway-ssh: sign this as the client key.
  case sign([UInt8])
  /// Host: the raw Ed25519 signature; empty where it would not sign.
  case signature([UInt8])
  /// slipway-ssh: how it ended. Once, last.
  case result(RemoteResult)
  /// slipway-ssh: some output, in a streamed task only; together never more bytes than the credit.
  case output(RemoteStream, [UInt8])
  /// Host: so many more bytes of output may be sent, of both streams together.
  case credit(UInt32)
  /// Host: the command reads this next, and after it the end. Once, in a streamed task only.
  case input([UInt8])
}

/// One of a command's two outputs.
package enum RemoteStream: UInt8, Sendable, Hashable, CaseIterable {
  /// Standard output.
  case output = 1
  /// Standard error.
  case error = 2
}

/// What slipway-ssh is to do.
package struct RemoteTask: Sendable, Hashable {
  /// User to log in as.
  package var user: String
  /// The client's public key, SSH wire form.
  package var clientKey: [UInt8]
  /// The host keys that are accepted, SSH wire form.
  package var acceptedHostKeys: [[UInt8]]
  /// Command to run.
  package var command: String
  /// What the command reads. In a streamed task its end comes only after a further frame `input`.
  package var input: [UInt8]
  /// Milliseconds from now until it has to be over.
  package var timeoutMs: UInt32
  /// Milliseconds from now until the command has to be started.
  package var loginMs: UInt32
  /// Milliseconds without a byte of output after which the connection counts as lost; 0: for ever.
  ///
  /// The time that passes without credit does not count.
  package var silenceMs: UInt32
  /// Bytes of output that may be sent before the host gives more credit. 0: nothing is streamed, the result has the heads.
  package var credit: UInt32
  /// Bytes of standard output, and of standard error, that are kept for the result.
  package var outputLimit: UInt32

  /// Makes a task.
  package init(
    user: String, clientKey: [UInt8], acceptedHostKeys: [[UInt8]], command: String, input: [UInt8], timeoutMs: UInt32,
    loginMs: UInt32 = .max, silenceMs: UInt32 = 0, credit: UInt32 = 0, outputLimit: UInt32 = 262_144
  ) {
    self.user = user
    self.clientKey = clientKey
    self.acceptedHostKeys = acceptedHostKeys
    self.command = command
    self.input = input
    self.timeoutMs = timeoutMs
    self.loginMs = loginMs
    self.silenceMs = silenceMs
    self.credit = credit
    self.outputLimit = outputLimit
  }
}

/// How a run ended.
package struct RemoteResult: Sendable, Hashable {
  /// The ending.
  package enum Ending: Sendable, Hashable {
    /// Nothing answered at the address: refused, unreachable, or no answer in time. Nothing was sent.
    case notConnected(String)
    /// slipway-ssh itself failed: it could not be started, or died without saying how the run ended.
    case runnerFailed(String)
    /// The server took the connection, but sent no SSH greeting in time.
    case noGreeting
    /// The SSH handshake failed; the text says why.
    case handshakeFailed(String)
    /// The server presented this key, which is not accepted; nothing was sent to authenticate.
    case hostKeyMismatch([UInt8])
    /// The server refused the client key.
    case authenticationRefused(String)
    /// No channel or command was granted.
    case channelRefused(String)
    /// The time was up during this step, after the greeting.
    case timedOut(String)
    /// The connection broke, during the step that the text names; a command that had been started may have run.
    case connectionLost(String)
    /// The command ended with this code.
    case exited(Int32)
    /// The command was ended by this signal, named without SIG.
    case signaled(String)
  }
  /// The ending.
  package var ending: Ending
  /// The head of standard output.
  package var output: [UInt8]
  /// The head of standard error.
  package var error: [UInt8]
  /// Whether more was written than was kept.
  package var isCut: Bool

  /// Makes a result.
  package init(_ ending: Ending, output: [UInt8] = [], error: [UInt8] = [], isCut: Bool = false) {
    self.ending = ending
    self.output = output
    self.error = error
    self.isCut = isCut
  }
}
