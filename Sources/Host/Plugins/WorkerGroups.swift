import Glibc
import System

/// Why workers have no control groups; for the operator.
package struct WorkerGroupsAbsent: Error, Sendable, Hashable {
  /// One sentence without a full stop.
  package let reason: String

  init(_ reason: String) { self.reason = reason }
}

/// Control groups (cgroup v2) for workers, below the group that was delegated to the host.
///
/// Delegated means: systemd says so with the attribute `user.delegate` or `trusted.delegate` on the group's directory
/// (systemd.resource-control(5), Delegate=). Nothing else is touched. A group is removed when its worker has ended;
/// what a killed host left is removed by the next one, or with the unit.
package struct WorkerGroups: Sendable, Hashable {
  /// How the groups of workers begin.
  static let prefix = "slipway-worker-"
  /// Processes and threads in one group.
  static let tasks = 256
  /// What the kernel counts beyond the memory that a worker may write to: pages of its files, MiB.
  static let extraMiB = 128

  private let root: String

  /// The groups of this machine; moves the host itself into a group of its own where it must, once at its start.
  /// - Parameters:
  ///   - mount: where cgroup v2 is mounted.
  ///   - own: the text of /proc/self/cgroup.
  ///   - delegated: whether that directory was delegated to the host.
  package static func prepare(
    mount: String = "/sys/fs/cgroup", own: String? = nil, delegated: (String) -> Bool = Self.isDelegated
  ) -> Result<WorkerGroups, WorkerGroupsAbsent> {
    let own = own ?? ProcessFile.text("/proc/self/cgroup")
    guard let line = own.split(separator: "\n").first(where: { $0.hasPrefix("0::/") }),
      access("\(mount)/cgroup.controllers", R_OK) == 0
    else { return .failure(WorkerGroupsAbsent("there is no cgroup v2 at \(mount)")) }
    let path = mount + (line.dropFirst(3) == "/" ? "" : line.dropFirst(3))
    let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? path
    // With DelegateSubgroup= the host is one below the group that is its own.
    guard let root = [path, parent].first(where: { $0.hasPrefix(mount) && delegated($0) }) else {
      return .failure(WorkerGroupsAbsent("the control group \(path) was not delegated to the host"))
    }
    do throws(SystemError) {
      let controllers = ProcessFile.text("\(root)/cgroup.controllers").split { $0.isWhitespace }
      for wanted in ["memory", "pids"] where !controllers.contains(Substring(wanted)) {
        return .failure(WorkerGroupsAbsent("\(root) has no controller \(wanted)"))
      }
      if root == path {
        // Groups with processes can have no limited groups below them.
        try make("\(root)/slipway-host")
        try set("\(root)/slipway-host/cgroup.procs", "0")
      }
      try set("\(root)/cgroup.subtree_control", "+memory +pids")
    } catch { return .failure(WorkerGroupsAbsent("\(error)")) }
    return .success(WorkerGroups(root: root))
  }

  /// Makes a group.
  func begin(memoryMiB: Int) throws(SystemError) -> WorkerGroup {
    let name = "\(root)/\(Self.prefix)\(getpid())-\(Clock.monotonic())"
    try Self.make(name)
    do throws(SystemError) {
      try Self.set("\(name)/memory.max", "\((memoryMiB + Self.extraMiB) << 20)")
      try Self.set("\(name)/pids.max", "\(Self.tasks)")
      return WorkerGroup(name: name, procs: try Descriptor.open("\(name)/cgroup.procs", O_WRONLY))
    } catch {
      rmdir(name)
      throw error
    }
  }

  /// Whether systemd says that it gave the directory away.
  package static func isDelegated(_ path: String) -> Bool {
    ["user.delegate", "trusted.delegate"].contains { ExtendedAttribute.value($0, of: path) == Array("1".utf8) }
  }

  private static func make(_ path: String) throws(SystemError) {
    if mkdir(path, 0o755) != 0, errno != EEXIST { throw SystemError("mkdir", code: errno, context: path) }
  }

  private static func set(_ path: String, _ value: String) throws(SystemError) {
    try Descriptor.open(path, O_WRONLY).writeAll(Array(value.utf8))
  }
}

/// The control group of one worker.
struct WorkerGroup: Sendable {
  /// Its directory.
  let name: String
  /// Its `cgroup.procs`, for the worker, which joins by itself before it loads anything.
  let procs: Descriptor

  /// Removes it; its processes are gone.
  func end() { rmdir(name) }
}
