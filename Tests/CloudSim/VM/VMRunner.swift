import FoundationEssentials
import Synchronization
package import System

/// Runs VMs as namespaces of this machine, each with an sshd on its own loopback address.
///
/// Every VM hangs on a socket that this process holds: when it dies, by whatever, they all die.
package final class VMRunner: Sendable {
  /// Why VMs cannot be run.
  package struct Unavailable: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is missing, and what to do.
    package let description: String
  }

  private struct Machine {
    let child: ChildProcess
    let power: Descriptor
    var address: String
  }

  private struct State {
    var machines: [String: Machine] = [:]
    var stopping: [CheckedContinuation<Void, Never>] = []
    var ending = 0
  }

  /// Directory of all VMs: their consoles, and their ids while they run.
  package let directory: String
  /// Port of every sshd.
  package let port: UInt16
  private let reactor: Reactor
  private let lock: DirectoryLock
  private let state = Mutex(State())

  /// Takes a directory, which no other simulator may use, and sweeps away what one that died has left there.
  package init(directory: String, port: UInt16 = 22, on reactor: Reactor) throws {
    try VMRunner.check(port: port)
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    do throws(DirectoryLockError) {
      lock = try DirectoryLock(directory: directory)
    } catch {
      guard case .held(let holder) = error else { throw error }
      let who = holder.map { "process \($0)" } ?? "another process"
      throw Unavailable(description: "\(who) runs VMs in \(directory): end it, or choose another directory with --vms")
    }
    self.directory = directory
    self.port = port
    self.reactor = reactor
    for name in try FileManager.default.contentsOfDirectory(atPath: directory) where name.hasPrefix("vm-") {
      try FileManager.default.removeItem(atPath: "\(directory)/\(name)")
    }
  }

  /// Carries out what the cloud asks; what goes wrong with a VM is written to its console.
  package func perform(_ command: VMCommand) {
    switch command {
    case .start(let spec):
      if state.withLock({ $0.machines[spec.id] == nil }) {
        do { try make(spec) } catch { note(spec.id, "the VM could not be made: \(error)\n") }
      }
      tell(spec.id, "boot\n")
    case .stop(let id): tell(id, "halt\n")
    case .remove(let id):
      let machine = state.withLock { $0.machines.removeValue(forKey: id) }
      machine?.power.close()
    }
  }

  /// Ends all VMs and waits until they have ended.
  package func stop() async {
    let machines = state.withLock { state in
      defer { state.machines = [:] }
      return Array(state.machines.values)
    }
    for machine in machines { machine.power.close() }
    await withCheckedContinuation { continuation in
      let done = state.withLock { state in
        if state.ending > 0 { state.stopping.append(continuation) }
        return state.ending == 0
      }
      if done { continuation.resume() }
    }
    lock.unlock()
  }

  private func tell(_ id: String, _ word: String) {
    guard let machine = state.withLock({ $0.machines[id] }) else { return }
    _ = try? machine.power.send(Array(word.utf8)[...])
  }

  private func make(_ spec: VMSpec) throws {
    let home = "\(directory)/vm-\(spec.id)"
    let seed = home + "/seed"
    let owner: [FileAttributeKey: Any] = [.posixPermissions: 0o700]
    try FileManager.default.createDirectory(atPath: seed, withIntermediateDirectories: true, attributes: owner)
    for (name, bytes) in Seed(spec, port: port).files {
      let file = try Descriptor.open("\(seed)/\(name)", VMRunner.writing)
      try file.writeAll(bytes)
      file.close()
    }
    let console = try Descriptor.open(home + "/console.log", VMRunner.writing)
    let (near, far) = try UnixSocket.pair()
    let plan = SpawnPlan(
      program: .path("/usr/bin/unshare"),
      arguments: [
        "unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", MachineScript.machine, "machine", home,
        spec.name, MachineScript.system,
      ],
      environment: ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
      descriptors: [0: far, 1: console, 2: console])
    let child = try plan.spawn()
    far.close()
    console.close()
    state.withLock { state in
      state.machines[spec.id] = Machine(child: child, power: near, address: spec.address)
      state.ending += 1
    }
    try child.onExit(reactor, killingGroup: true) { [self] _ in ended(spec.id, child) }
  }

  /// A machine has ended: because it was to, or by itself.
  private func ended(_ id: String, _ child: ChildProcess) {
    let waiting = state.withLock { state in
      if state.machines[id]?.child === child { state.machines[id] = nil }
      state.ending -= 1
      guard state.ending == 0 else { return [CheckedContinuation<Void, Never>]() }
      defer { state.stopping = [] }
      return state.stopping
    }
    try? FileManager.default.removeItem(atPath: "\(directory)/vm-\(id)")
    for continuation in waiting { continuation.resume() }
  }

  private func note(_ id: String, _ text: String) {
    let path = "\(directory)/vm-\(id).failed"
    guard let file = try? Descriptor.open(path, VMRunner.writing) else { return }
    try? file.writeAll(Array(text.utf8))
    file.close()
  }
}
