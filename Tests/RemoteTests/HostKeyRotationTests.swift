import Crypto
import Foundation
import RemoteProtocol
import System
import Testing

@testable import Remote

/// The scripts themselves, over SSH, on a machine whose /etc/ssh, /root, /run and /var/lib/cloud are its own.
@Suite(.enabled(if: Machine.isPossible, "\(Machine.obstacle ?? "")"), .timeLimit(.minutes(1)))
struct HostKeyRotationTests {
  let scratch: Scratch
  let machine: Machine
  let session: SSHSession
  let tenant = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJtenantJtenantJtenantJtenantJtenantJtenan"

  init() async throws {
    scratch = try Scratch()
    machine = try await Machine(scratch, authorized: [tenant + " tenant@example"])
    session = SSHSession(reactor: try Reactor(name: "ssh-tests"), program: Built.slipwaySSH)
    // What a first boot leaves behind, secrets among it.
    for name in ["user-data.txt", "user-data.txt.i", "cloud-config.txt", "vendor-data.txt", "obj.pkl", "boot-finished"]
    {
      try scratch.write("cloud/instances/i-1/\(name)", "content of \(name)")
    }
    try FileManager.default.createSymbolicLink(
      atPath: scratch.file("cloud/instance"), withDestinationPath: "/var/lib/cloud/instances/i-1")
    let other = Process()
    other.executableURL = URL(fileURLWithPath: "/usr/bin/ssh-keygen")
    other.arguments = ["-q", "-t", "ecdsa", "-N", "", "-f", machine.file("etc-ssh/ssh_host_ecdsa_key")]
    try other.run()
    other.waitUntilExit()
  }

  var bootstrap: [UInt8] { machine.hostKey.publicKey.blob }

  func run(_ script: String, accepting keys: [[UInt8]]) async -> RemoteResult {
    await session.run(machine.run("sh -s", input: Array(script.utf8), hostKeys: keys))
  }

  /// The new key's text and wire form.
  func gather(accepting keys: [[UInt8]]? = nil) async throws -> (text: String, blob: [UInt8]) {
    let result = await run(HostKeyRotation.gather, accepting: keys ?? [bootstrap])
    #expect(result.ending == .exited(0), "\(result.err)")
    let text = try #require(HostKeyRotation.newKey(in: result.output), "\(result.out)")
    return (text, try Ed25519PublicKey(openSSH: text).blob)
  }

  func rotate(accepting keys: [[UInt8]]) async throws {
    machine.log.forget()
    let result = await run(HostKeyRotation.rotate, accepting: keys)
    #expect(result.ending == .exited(0), "\(result.err)")
    try await machine.log.wait(for: "Server listening on")
  }

  func confirm(_ new: (text: String, blob: [UInt8])) async -> HostKeyRotation.Problem? {
    let result = await run(HostKeyRotation.confirm, accepting: [new.blob])
    #expect(result.ending == .exited(0), "\(result.err)")
    do throws(HostKeyRotation.Problem) {
      try HostKeyRotation.check(result.output, newKey: new.text, tenantKeys: [tenant])
      return nil
    } catch { return error }
  }

  @Test func `a machine changes its bootstrap key for one that only it knows, each step once and once more`()
    async throws
  {
    let new = try await gather()
    #expect(new.blob != bootstrap)
    #expect(try await gather() == new)
    let before = await run(HostKeyRotation.confirm, accepting: [new.blob])
    #expect(before.ending == .hostKeyMismatch(bootstrap))

    try await rotate(accepting: [bootstrap, new.blob])
    #expect(await run("true", accepting: [bootstrap]).ending == .hostKeyMismatch(new.blob))
    try await rotate(accepting: [bootstrap, new.blob])

    #expect(await confirm(new) == nil)
    #expect(await confirm(new) == nil)
    #expect(try await gather(accepting: [bootstrap, new.blob]) == new)

    let left = try FileManager.default.contentsOfDirectory(atPath: machine.file("etc-ssh")).sorted()
    #expect(left == ["slipway_rotated", "ssh_host_ed25519_key", "ssh_host_ed25519_key.pub", "sshd_config"])
    let key = try Data(contentsOf: URL(fileURLWithPath: machine.file("etc-ssh/ssh_host_ed25519_key")))
    #expect(!machine.hostKey.openSSHPrivateKey().matches(SecretBytes(copying: Array(key))))
    let public_ = try String(contentsOfFile: machine.file("etc-ssh/ssh_host_ed25519_key.pub"), encoding: .utf8)
    #expect(public_.hasPrefix(new.text))
    // obj.pkl is still read by later stages of a first boot, which here never ends.
    let cached = try FileManager.default.contentsOfDirectory(atPath: machine.file("cloud/instances/i-1")).sorted()
    #expect(cached == ["boot-finished", "obj.pkl"])
  }

  @Test func `once the first boot is over its cached source goes, too`() async throws {
    let done = await run("mkdir -p /run/cloud-init; echo '{}' >/run/cloud-init/result.json", accepting: [bootstrap])
    #expect(done.ending == .exited(0))
    let new = try await gather()
    try await rotate(accepting: [bootstrap, new.blob])
    #expect(!FileManager.default.fileExists(atPath: machine.file("cloud/instances/i-1/obj.pkl")))
  }

  @Test func `a rotation without a gathered key changes nothing`() async throws {
    let result = await run(HostKeyRotation.rotate, accepting: [bootstrap])
    #expect(result.ending == .exited(HostKeyRotation.notGathered))
    #expect(await run("true", accepting: [bootstrap]).ending == .exited(0))
    #expect(FileManager.default.fileExists(atPath: machine.file("etc-ssh/ssh_host_ecdsa_key")))
    #expect(!FileManager.default.fileExists(atPath: machine.file("etc-ssh/slipway_rotated")))
  }

  @Test func `half a key, from a gathering that was cut off, is made anew`() async throws {
    try scratch.write("etc-ssh/slipway_host_ed25519_key", "")
    try scratch.write("etc-ssh/slipway_host_ed25519_key.pub", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIstale")
    let new = try await gather()
    try await rotate(accepting: [bootstrap, new.blob])
    #expect(await confirm(new) == nil)
  }

  /// After each command of the script that changes something the power fails: the next run completes it.
  @Test(arguments: [
    "cp \"$new\" ", "mv -f \"$key.next\" ", "mv -f \"$key.pub.next\"", ": >\"$rotated\"", "rm -f \"$new\" ",
  ])
  func `a rotation that was cut off anywhere is completed by the next`(command: String) async throws {
    let new = try await gather()
    let lines = HostKeyRotation.rotate.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let index = try #require(lines.firstIndex { $0.drop { $0 == " " }.hasPrefix(command) })
    let cut = lines[...index] + ["exit 99"] + lines[(index + 1)...]
    #expect(await run(cut.joined(separator: "\n"), accepting: [bootstrap]).ending == .exited(99))
    // sshd reads its keys for every connection: it may present the new one before it was told.
    #expect(try await gather(accepting: [bootstrap, new.blob]) == new)
    try await rotate(accepting: [bootstrap, new.blob])
    #expect(await confirm(new) == nil)
  }

  @Test func `what is wrong with a rotated machine is told`() async throws {
    let new = try await gather()
    try await rotate(accepting: [bootstrap, new.blob])
    let keys = machine.file("root/.ssh/authorized_keys")
    let authorized = try String(contentsOfFile: keys, encoding: .utf8)
    try machine.client.publicKey.openSSH().write(toFile: keys, atomically: false, encoding: .utf8)
    #expect(await confirm(new) == .tenantKeysMissing([tenant]))
    try authorized.write(toFile: keys, atomically: false, encoding: .utf8)
    try scratch.write("cloud/instances/i-1/user-data.txt", "back again")
    #expect(await confirm(new) == .userDataLeft)
    try FileManager.default.removeItem(atPath: machine.file("cloud/instances/i-1/user-data.txt"))
    try scratch.write("etc-ssh/old_key", machine.hostKey.openSSHPrivateKey().text() ?? "")
    #expect(await confirm(new) == .otherHostKey(machine.hostKey.publicKey.openSSH()))
    try FileManager.default.removeItem(atPath: machine.file("etc-ssh/old_key"))
    try FileManager.default.removeItem(atPath: machine.file("etc-ssh/slipway_rotated"))
    #expect(await confirm(new) == .notRotated)
  }

  @Test(
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/shellcheck"), "shellcheck is not installed"))
  func `shellcheck has nothing to say about the scripts`() throws {
    for (name, script) in [
      ("gather", HostKeyRotation.gather), ("rotate", HostKeyRotation.rotate), ("confirm", HostKeyRotation.confirm),
    ] {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/shellcheck")
      process.arguments = ["--shell=sh", "--exclude=SC2034", try scratch.write(name, script)]
      let pipe = Pipe()
      process.standardOutput = pipe
      try process.run()
      let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      #expect(process.terminationStatus == 0, "\(text)")
    }
  }
}
