import Crypto
import Foundation
import Remote
import System

/// An sshd on a loopback address of its own, and keys for it, for slipway-ssh and for OpenSSH's client.
final class BenchMachine: Sendable {
  let target: SSHTarget
  let folder: String
  private let process: Process

  init(on reactor: Reactor) async throws {
    folder = "/tmp/slipway-bench-\(UUID().uuidString.prefix(8).lowercased())"
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    try FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true)
    let (hostKey, client) = (try Ed25519Key.generate(), try Ed25519Key.generate())
    let host = "127.\(UInt8.random(in: 64...250)).\(UInt8.random(in: 0...255)).\(UInt8.random(in: 1...254))"
    guard let address = SocketAddress(host, port: 2_222) else { throw Unmeasured("\(host) is no address") }
    target = SSHTarget(
      address: address, user: "root", acceptedHostKeys: [hostKey.publicKey.blob], clientKey: client.publicKey.blob,
      sign: { (try? client.sign($0)) ?? [] })
    for (name, text) in [
      ("host_key", hostKey.openSSHPrivateKey().text() ?? ""), ("client_key", client.openSSHPrivateKey().text() ?? ""),
      ("authorized_keys", client.publicKey.openSSH() + "\n"),
      ("known_hosts", "[\(host)]:2222 \(hostKey.publicKey.openSSH())\n"),
      (
        "sshd_config",
        """
        ListenAddress \(host)
        Port 2222
        PidFile none
        HostKey \(folder)/host_key
        AuthorizedKeysFile \(folder)/authorized_keys
        UsePAM no
        StrictModes no
        PasswordAuthentication no
        PermitRootLogin prohibit-password
        MaxStartups 1000

        """
      ),
    ] {
      try text.write(toFile: "\(folder)/\(name)", atomically: false, encoding: .utf8)
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: "\(folder)/\(name)")
    }
    process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/sbin/sshd")
    process.arguments = ["-D", "-f", "\(folder)/sshd_config"]
    process.standardError = FileHandle.nullDevice
    try process.run()
    let deadline = Clock.monotonic() + 10_000_000_000
    while true {
      if let socket = try? await TCPSocket.connect(address, on: reactor, deadline: deadline) {
        socket.close()
        return
      }
      guard Clock.monotonic() < deadline else { throw Unmeasured("sshd does not listen") }
      try await reactor.sleep(for: .milliseconds(20))
    }
  }

  deinit {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// Runs a command by OpenSSH's client: seconds to the first byte and to the end, and how many bytes came.
  func ssh(_ command: String) async throws -> (first: Double, whole: Double, count: Int) {
    let client = Process()
    client.executableURL = URL(fileURLWithPath: "/usr/bin/ssh")
    client.arguments = [
      "-F", "none", "-i", "\(folder)/client_key", "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-o",
      "UserKnownHostsFile=\(folder)/known_hosts", "-o", "StrictHostKeyChecking=yes", "-p", "2222",
      "root@\(target.address.description.prefix { $0 != ":" })", command,
    ]
    let pipe = Pipe()
    client.standardOutput = pipe
    client.standardInput = FileHandle.nullDevice
    client.standardError = FileHandle.nullDevice
    let began = Clock.monotonic()
    try client.run()
    return await withCheckedContinuation { continuation in
      Thread {
        var first: UInt64?
        var count = 0
        while case let data = pipe.fileHandleForReading.availableData, !data.isEmpty {
          first = first ?? Clock.monotonic()
          count += data.count
        }
        let end = Clock.monotonic()
        client.waitUntilExit()
        continuation.resume(
          returning: (Double((first ?? end) - began) / 1e9, Double(end - began) / 1e9, count))
      }.start()
    }
  }
}
