import CLinux
import Glibc

/// What a child is started from.
package enum Program: Sendable {
  /// The file at that path.
  case path(String)
  /// The file that is open there (for reading or O_PATH), whatever its path holds by now.
  case descriptor(Descriptor)
}

/// Everything that a child starts with; nothing else is inherited.
package struct SpawnPlan: Sendable {
  /// What to run.
  package var program: Program
  /// Arguments, the first being the name by which the program is called.
  package var arguments: [String]
  /// The whole environment.
  package var environment: [String: String]
  /// The child's descriptors by number; one that is not listed is closed, except that 0, 1 and 2 become /dev/null.
  package var descriptors: [Int32: Descriptor]

  /// Makes a plan.
  package init(
    program: Program, arguments: [String], environment: [String: String] = [:], descriptors: [Int32: Descriptor] = [:]
  ) {
    self.program = program
    self.arguments = arguments
    self.environment = environment
    self.descriptors = descriptors
  }

  /// Starts the child: own session, empty signal mask, every signal at its default, only the listed descriptors.
  /// - Throws: `SystemError` of posix_spawn with the program as context, also when exec itself failed.
  package func spawn() throws(SystemError) -> ChildProcess {
    let last = max(2, descriptors.keys.max() ?? 2)
    // Copies above the child's numbers, so that no dup2 overwrites the source of a later one.
    var sources: [(number: Int32, copy: Descriptor)] = []
    let null = try Descriptor.open("/dev/null", O_RDWR)
    for number in Set(descriptors.keys).union([0, 1, 2]).sorted() {
      sources.append((number, try (descriptors[number] ?? null).duplicate(atLeast: last + 1)))
    }
    var image: Descriptor?
    let path: String
    switch program {
    case .path(let file): path = file
    case .descriptor(let open):
      let copy = try open.duplicate(atLeast: last + 1)
      path = "/proc/self/fd/\(copy.raw)"
      image = copy
    }
    let pid = try start(path, sources.map { ($0.number, $0.copy.raw) }, last, image?.raw)
    do throws(SystemError) {
      // Nobody else reaps this child, so the number is its own even if it has ended already.
      return ChildProcess(pid: pid, pidfd: Descriptor(owning: try retrying("pidfd_open") { slipway_pidfd_open(pid) }))
    } catch {
      kill(-pid, SIGKILL)
      _ = try? retrying("waitpid") { waitpid(pid, nil, 0) }
      throw error
    }
  }

  private func start(
    _ path: String, _ moves: [(Int32, Int32)], _ last: Int32, _ image: Int32?
  ) throws(SystemError) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    for (number, source) in moves { posix_spawn_file_actions_adddup2(&actions, source, number) }
    // The program's own descriptor is close-on-exec and must live until exec; all others close here.
    if let image {
      for number in (last + 1)..<image { posix_spawn_file_actions_addclose(&actions, number) }
    }
    posix_spawn_file_actions_addclosefrom_np(&actions, image.map { $0 + 1 } ?? last + 1)
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID))
    var pid: pid_t = 0
    let code = withStrings(arguments) { argv in
      withStrings(environment.map { "\($0)=\($1)" }.sorted()) { envp in
        posix_spawn(&pid, path, &actions, &attributes, argv, envp)
      }
    }
    if code != 0 {
      let name = if case .path(let file) = program { file } else { arguments.first ?? path }
      throw SystemError("posix_spawn", code: code, context: name)
    }
    return pid
  }
}

/// Calls the body with a NULL-terminated vector of C strings that live until it returns.
private func withStrings<Result>(
  _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  let vector = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: strings.count + 1)
  for (index, string) in strings.enumerated() { (vector + index).initialize(to: strdup(string)) }
  (vector + strings.count).initialize(to: nil)
  defer {
    for index in strings.indices { free(vector[index]) }
    vector.deallocate()
  }
  return body(vector)
}
