package import System

/// One command on one machine, over a verified connection.
package struct SSHRun: Sendable {
  /// Address and port.
  package var address: SocketAddress
  /// User to log in as.
  package var user: String
  /// Host keys that are accepted, SSH wire form.
  package var acceptedHostKeys: [[UInt8]]
  /// The client's public key, SSH wire form.
  package var clientKey: [UInt8]
  /// Signs as the client; a raw Ed25519 signature. Empty: it will not.
  ///
  /// Called at most once, on the reactor's thread, and only with the login of `user` with `clientKey`; must not block.
  package var sign: @Sendable ([UInt8]) -> [UInt8]
  /// Command to run.
  package var command: String
  /// What it reads.
  package var input: [UInt8]
  /// How long it may take, connecting included.
  package var timeout: Duration

  /// Makes a run.
  package init(
    address: SocketAddress, user: String, acceptedHostKeys: [[UInt8]], clientKey: [UInt8],
    sign: @escaping @Sendable ([UInt8]) -> [UInt8], command: String, input: [UInt8], timeout: Duration
  ) {
    self.address = address
    self.user = user
    self.acceptedHostKeys = acceptedHostKeys
    self.clientKey = clientKey
    self.sign = sign
    self.command = command
    self.input = input
    self.timeout = timeout
  }
}
