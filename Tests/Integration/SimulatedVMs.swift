import Control
import Foundation

/// The VMs of simulated clouds: namespaces of this machine, each with a real sshd.
enum SimulatedVMs {
  /// Why there can be none here; nil where there can.
  static let obstacle: String? = {
    guard geteuid() == 0 else { return "VMs are namespaces with a real sshd: needs root" }
    let needed = ["/usr/sbin/sshd", "/usr/bin/ssh", "/usr/bin/ssh-keygen", "/usr/bin/unshare"]
    return needed.first { !FileManager.default.isExecutableFile(atPath: $0) }.map { "\($0) is not installed" }
  }()
}

extension Scratch {
  /// Logs in with the user's key, trusting no host key but the one that was handed over; what the command printed.
  func login(_ ssh: SSHView, key: String, _ command: String) async throws -> String {
    guard let line = ssh.knownHosts else { throw ScratchError("no host key was handed over: \(ssh)") }
    let known = "\(path)/known_hosts-\(UUID().uuidString.prefix(8))"
    try (line + "\n").write(toFile: known, atomically: true, encoding: .utf8)
    return try await run(
      "/usr/bin/ssh", "-i", key, "-o", "UserKnownHostsFile=\(known)", "-o", "StrictHostKeyChecking=yes",
      "-o", "BatchMode=yes", "-p", "\(ssh.port)", "\(ssh.user)@\(ssh.host)", command)
  }
}
