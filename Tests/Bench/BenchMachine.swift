import Crypto
import Foundation
import Remote
import System

/// An sshd on a loopback address of its own, and keys for it, for slipway-ssh and for OpenSSH's client.
///
/// No `Foundation.Process`: it takes a child that closes the descriptors it inherited, as sshd does, for one that ended,
/// waits for it, and meanwhile sees no other child end.
final class BenchMachine: Sendable {
  let target: SSHTarget
  let folder: String
  private let reactor: Reactor
  private let daemon: ChildProcess

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
    self.reactor = reactor
    // With a home of its own: what this machine's root has its shell do at each login is no part of a fresh VM.
    let start = "mount -t tmpfs home /root && exec /usr/sbin/sshd -D -f \"$1\""
    daemon = try SpawnPlan(
      program: .path("/usr/bin/unshare"),
      arguments: ["unshare", "--mount", "/bin/sh", "-c", start, "sh", "\(folder)/sshd_config"],
      environment: Self.environment
    ).spawn()
    try daemon.onExit(reactor) { _ in }
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
    daemon.signal(SIGKILL)
    try? FileManager.default.removeItem(atPath: folder)
  }

  private static let environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]

  /// Runs a command by OpenSSH's client: seconds to the first byte and to the end, and how many bytes came.
  func ssh(_ command: String) async throws -> (first: Double, whole: Double, count: Int) {
    let (reader, writer) = try Descriptor.pipe()
    let plan = SpawnPlan(
      program: .path("/usr/bin/ssh"),
      arguments: [
        "ssh", "-F", "none", "-i", "\(folder)/client_key", "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-o",
        "UserKnownHostsFile=\(folder)/known_hosts", "-o", "StrictHostKeyChecking=yes", "-p", "2222",
        "root@\(target.address.description.prefix { $0 != ":" })", command,
      ], environment: Self.environment, descriptors: [1: writer])
    let began = Clock.monotonic()
    let child = try plan.spawn()
    writer.close()
    let (exit, ended) = AsyncStream<ExitStatus>.makeStream()
    try child.onExit(reactor) {
      ended.yield($0)
      ended.finish()
    }
    let told = await withCheckedContinuation { (continuation: CheckedContinuation<(Double, Double, Int), Never>) in
      Thread {
        var first: UInt64?
        var count = 0
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let got = read(reader.raw, &buffer, buffer.count), got > 0 {
          first = first ?? Clock.monotonic()
          count += got
        }
        let end = Clock.monotonic()
        continuation.resume(returning: (Double((first ?? end) - began) / 1e9, Double(end - began) / 1e9, count))
      }.start()
    }
    for await status in exit where status != .exited(0) { throw Unmeasured("`ssh \(command)` \(status)") }
    return told
  }
}
