import System
import Wire

/// What a worker is started with: its words, its environment, and a control group where there are such.
struct WorkerLaunch: Sendable {
  /// Arguments of the program, with its name.
  let words: [String]
  /// The whole environment.
  let environment: [String: String]
  /// Its control group and the descriptor by which it joins, or why it has none.
  let group: Result<WorkerGroup, WorkerGroupsAbsent>

  /// Makes the group.
  init(_ image: PluginImage, direct: Bool, _ configuration: PluginsConfiguration) {
    let sandbox = configuration.sandbox
    var environment = ["SWIFT_BACKTRACE": "enable=no", "MALLOC_ARENA_MAX": "2", "LANG": "C.UTF-8"]
    let libraries = configuration.libraries + sandbox.runtime
    if !libraries.isEmpty { environment["LD_LIBRARY_PATH"] = libraries.joined(separator: ":") }
    self.environment = environment
    let folders = (configuration.libraries + sandbox.folders).joined(separator: ":")
    var words = ["slipway-worker", "--libraries=\(folders)", "--memory-mib=\(sandbox.memoryMiB)"]
    if sandbox.isRequired { words.append("--required") }
    if direct { words.append("--direct") }
    group = sandbox.groups.flatMap { groups in
      do throws(SystemError) { return .success(try groups.begin(memoryMiB: sandbox.memoryMiB)) } catch {
        return .failure(WorkerGroupsAbsent("\(error)"))
      }
    }
    if case .success = group { words.append("--cgroup") }
    self.words = words + [image.path]
  }

  /// Why there is no group, or nil.
  var groupless: String? { if case .failure(let absent) = group { absent.reason } else { nil } }

  /// Starts the program.
  func spawn(_ program: Program, _ descriptors: [Int32: Descriptor]) throws(SystemError) -> ChildProcess {
    var descriptors = descriptors
    if case .success(let group) = group { descriptors[Int32(SLIPWAY_CGROUP_FD)] = group.procs }
    do throws(SystemError) {
      return try SpawnPlan(
        program: program, arguments: words, environment: environment, descriptors: descriptors
      ).spawn()
    } catch {
      end()
      throw error
    }
  }

  /// The process has been reaped, or was never there.
  func end() { if case .success(let group) = group { group.end() } }
}
