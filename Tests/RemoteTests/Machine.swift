import Crypto
import Foundation
import Remote
import Synchronization
import System

/// A real sshd in mount and process namespaces of its own, with an /etc/ssh, /root, /run and /var/lib of its own.
///
/// It hangs on a pipe that this object holds: when the test process dies, by whatever, the namespace ends with all in it.
final class Machine: Sendable {
  /// Why machines cannot be run here; nil where they can.
  static let obstacle: String? = {
    guard geteuid() == 0 else { return "needs root, for namespaces and for sshd" }
    for program in ["/usr/sbin/sshd", "/usr/bin/ssh-keygen", "/usr/bin/unshare"]
    where !FileManager.default.isExecutableFile(atPath: program) { return "\(program) is not installed" }
    let probe = Process()
    probe.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
    probe.arguments = [
      "--mount", "--pid", "--fork", "/bin/sh", "-c", "mount -t tmpfs probe /mnt && mount -t proc p /proc",
    ]
    probe.standardError = FileHandle.nullDevice
    do { try probe.run() } catch { return "unshare cannot be run: \(error)" }
    probe.waitUntilExit()
    return probe.terminationStatus == 0 ? nil : "namespaces are refused here"
  }()

  static var isPossible: Bool { obstacle == nil }

  let address: SocketAddress
  let hostKey: Ed25519Key
  let client: Ed25519Key
  let log = MachineLog()
  private let scratch: Scratch
  private let process: Process
  private let power = Pipe()

  /// Boots a machine whose only host key is `hostKey` and which lets only `client` in, and waits until it listens.
  init(_ scratch: Scratch, authorized: [String] = [], logLevel: String = "VERBOSE") async throws {
    self.scratch = scratch
    hostKey = try Ed25519Key.generate()
    client = try Ed25519Key.generate()
    // A loopback address of its own, so that ports do not meet.
    let port: UInt16 = 2222
    let host = "127.\(UInt8.random(in: 64...250)).\(UInt8.random(in: 0...255)).\(UInt8.random(in: 1...254))"
    guard let address = SocketAddress(host, port: port) else { throw POSIXError(.EINVAL) }
    self.address = address
    for folder in ["etc-ssh", "root/.ssh", "cloud/instances/i-1"] { _ = try scratch.folder(folder) }
    try scratch.write("shadow", "root:*:19000:0:99999:7:::\nsshd:!:19000::::::\n")
    try scratch.write("etc-ssh/ssh_host_ed25519_key", hostKey.openSSHPrivateKey().text() ?? "")
    try scratch.write("etc-ssh/ssh_host_ed25519_key.pub", hostKey.publicKey.openSSH() + "\n")
    try scratch.write(
      "root/.ssh/authorized_keys", ([client.publicKey.openSSH(comment: "client")] + authorized).joined(separator: "\n"))
    try scratch.write(
      "etc-ssh/sshd_config",
      """
      ListenAddress \(host)
      Port \(port)
      PidFile /run/sshd.pid
      LogLevel \(logLevel)
      UsePAM no
      StrictModes no
      PasswordAuthentication no
      MaxStartups 100
      SetEnv PATH=/root/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

      """)
    process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
    process.arguments = [
      "--mount", "--pid", "--fork", "--kill-child", "/bin/sh", "-c", Self.boot, "machine", scratch.path,
    ]
    process.environment = ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
    process.standardInput = power
    process.standardError = log.pipe
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    log.begin()
    try await log.wait(for: "Server listening on")
  }

  deinit {
    try? power.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  /// Nothing is started before everything of this machine's own is covered.
  private static let boot = """
    set -eu
    mount -t proc proc /proc
    mount -t tmpfs -o mode=0755 run /run
    mkdir -m 0755 /run/sshd
    mount --bind "$1/etc-ssh" /etc/ssh
    mount --bind "$1/root" /root
    mount --bind "$1/shadow" /etc/shadow
    mount --bind "$1/cloud" /mnt
    mount -t tmpfs lib /var/lib
    mkdir /var/lib/cloud
    mount --move /mnt /var/lib/cloud
    /usr/sbin/sshd -D -e &
    read -r _ || exit 0
    """

  /// A file of the machine, as this process sees it.
  func file(_ name: String) -> String { scratch.file(name) }

  /// A run on this machine, with everything right unless told otherwise.
  func run(
    _ command: String, input: [UInt8] = [], user: String = "root", hostKeys: [[UInt8]]? = nil,
    as other: Ed25519Key? = nil, timeout: Duration = .seconds(20)
  ) -> SSHRun {
    let key = other ?? client
    return SSHRun(
      address: address, user: user, acceptedHostKeys: hostKeys ?? [hostKey.publicKey.blob],
      clientKey: key.publicKey.blob,
      sign: { (try? key.sign($0)) ?? [] }, command: command, input: input, timeout: timeout)
  }
}

/// What a machine's sshd says; tests wait for a line.
final class MachineLog: Sendable {
  private struct State {
    var text = ""
    var isOver = false
    var waiting: [(text: String, continuation: CheckedContinuation<Bool, Never>)] = []
  }

  let pipe = Pipe()
  private let state = Mutex(State())

  var text: String { state.withLock { $0.text } }

  /// Reads on a thread of its own until the machine ends.
  func begin() {
    // The machine holds its own copy; with this one open its end would not be seen.
    try? pipe.fileHandleForWriting.close()
    Thread { [self] in
      while true {
        let data = pipe.fileHandleForReading.availableData
        let ready = state.withLock { state in
          state.text += String(decoding: data, as: UTF8.self)
          state.isOver = data.isEmpty
          let text = state.text
          let ready = state.waiting.filter { data.isEmpty || text.contains($0.text) }
          state.waiting.removeAll { data.isEmpty || text.contains($0.text) }
          return ready
        }
        for one in ready { one.continuation.resume(returning: !data.isEmpty) }
        if data.isEmpty { return }
      }
    }.start()
  }

  /// Forgets what was said so far, so that the next wait is for something new.
  func forget() { state.withLock { $0.text = "" } }

  /// Returns once the log has that text; the test's time limit bounds it, through the machine's end.
  func wait(for text: String) async throws {
    let found = await withCheckedContinuation { continuation in
      let now: Bool? = state.withLock { state in
        if state.text.contains(text) { return true }
        if state.isOver { return false }
        state.waiting.append((text, continuation))
        return nil
      }
      if let now { continuation.resume(returning: now) }
    }
    if !found { throw MachineEnded(log: self.text) }
  }
}

/// The machine ended before its log said what was waited for.
struct MachineEnded: Error {
  let log: String
}
