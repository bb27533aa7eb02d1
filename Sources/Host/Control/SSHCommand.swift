/// The command that logs in and accepts no other machine.
package enum SSHCommand {
  /// A line for a shell that needs no file: the verified host key comes with it (OpenSSH 8.5 or newer). Nil before
  /// the key is verified, or where a part could mean something to a shell.
  package static func line(_ ssh: SSHView) -> String? {
    guard let known = ssh.knownHosts, isPlain(known, blanks: true), isPlain(ssh.host, blanks: false),
      isPlain(ssh.user, blanks: false), !ssh.user.hasPrefix("-"), (1...65_535).contains(ssh.port)
    else { return nil }
    let port = ssh.port == 22 ? "" : "-p \(ssh.port) "
    return "ssh -o 'KnownHostsCommand=/bin/echo \(known)' -o UserKnownHostsFile=none -o StrictHostKeyChecking=yes "
      + "\(port)\(ssh.user)@\(ssh.host)"
  }

  private static func isPlain(_ text: String, blanks: Bool) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
          || "-_.:+/=@[]".utf8.contains(byte) || (blanks && byte == 0x20)
      }
  }
}
