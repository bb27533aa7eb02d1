import Glibc
import Wire

/// What the host asks of the workers' sandbox.
package struct SandboxPolicy: Sendable, Hashable {
  /// Whether a plugin is refused where an essential part cannot be enforced; otherwise it runs with what there is.
  package var isRequired = true
  /// Folders whose files a worker may read, for its libraries.
  package var folders: [String]
  /// The folder of the Swift runtime that plugins get, in LD_LIBRARY_PATH; the host's own.
  package var runtime: [String]
  /// MiB of memory that a worker may write to, 32 to 1 << 20.
  package var memoryMiB = 512
  /// Ids of plugins that may do their own networking.
  package var direct: Set<String> = []
  /// Control groups for workers, or why there are none.
  package var groups: Result<WorkerGroups, WorkerGroupsAbsent>

  /// The defaults on this machine; reads the loader's cache.
  package init() {
    runtime = LibraryFolders.runtime()
    folders = LibraryFolders.standard()
    groups = .failure(WorkerGroupsAbsent("the host made none"))
  }
}

/// A part of the sandbox, numbered as in slipway_wire.h.
package enum SandboxPart: Int, Sendable, Hashable, CaseIterable {
  case noNewPrivileges, notDumpable, closedDescriptors, noCore, limits, noCapabilities, systemCalls, files
  case tcp, scopes, firstVictim, controlGroup

  /// Whether a worker loads nothing without it where the sandbox is required.
  package var isEssential: Bool { SLIPWAY_PARTS_ESSENTIAL & (1 << UInt32(rawValue)) != 0 }

  /// Its name, for people and programs.
  package var name: String {
    switch self {
    case .noNewPrivileges: "no_new_privs"
    case .notDumpable: "not dumpable"
    case .closedDescriptors: "closed descriptors"
    case .noCore: "no core"
    case .limits: "limits"
    case .noCapabilities: "no capabilities"
    case .systemCalls: "system calls (seccomp)"
    case .files: "files (Landlock)"
    case .tcp: "TCP (Landlock)"
    case .scopes: "signals (Landlock)"
    case .firstVictim: "first to go without memory"
    case .controlGroup: "control group"
    }
  }

  /// What takes its place where it is missing, or what to do.
  var remedy: String {
    switch self {
    case .systemCalls:
      "use a kernel with CONFIG_SECCOMP_FILTER, or let the container that the host runs in have seccomp"
    case .files: "use Linux 5.13 or newer with landlock in /sys/kernel/security/lsm, and a container that allows it"
    case .tcp: "the list of system calls forbids sockets all the same; Linux 6.7 or newer has this as well"
    case .scopes: "the list of system calls forbids signals all the same; Linux 6.12 or newer has this as well"
    case .controlGroup: "run the host in a systemd unit with Delegate=yes"
    default: "use Linux 5.9 or newer"
    }
  }
}

/// What a worker said that it enforced, held against what the kernel says of the process; pure.
package struct SandboxReport: Sendable, Hashable {
  /// One part.
  package struct Line: Sendable, Hashable {
    /// Which.
    package let part: SandboxPart
    /// Why it is not in force; nil where it is.
    package let missing: String?
    /// What the kernel says of it; nil where it tells nothing.
    package let isConfirmed: Bool?
    /// What it leaves open, where the operator wanted that.
    package let note: String?
  }

  /// All parts, in order.
  package let lines: [Line]
  /// Whether the plugin may do its own networking.
  package let isDirect: Bool

  init(_ hello: WorkerHello, kernel: KernelView?, direct: Bool, groups: String?) {
    isDirect = direct
    lines = SandboxPart.allCases.map { part in
      let code = part.rawValue < hello.missing.count ? hello.missing[part.rawValue] : UInt8(clamping: ENOSYS)
      var missing: String? = code == 0 ? nil : String(cString: strerror(Int32(code)))
      if missing != nil, part == .tcp || part == .scopes, hello.landlock > 0 {
        missing = "the kernel's Landlock has ABI \(hello.landlock), which is too old for it"
      }
      if missing != nil, part == .controlGroup, let groups { missing = groups }
      return Line(
        part: part, missing: missing, isConfirmed: code == 0 ? kernel?.confirms(part) : nil,
        note: direct ? Self.opened(part) : nil)
    }
  }

  private static func opened(_ part: SandboxPart) -> String? {
    switch part {
    case .systemCalls: "sockets of AF_INET and AF_INET6 are allowed: the plugin does its own networking"
    case .files: "resolver and CA files can be read"
    case .tcp: "connections to ports 53 and 443 of any address are allowed; UDP is not limited"
    default: nil
    }
  }

  /// What the worker says and the kernel denies, or nil.
  var contradiction: String? {
    lines.first { $0.isConfirmed == false }.map {
      "says that its sandbox holds the part \"\($0.part.name)\", and the kernel says that it does not"
    }
  }

  /// For the operator: which essential parts are missing, on which kernel, and what to do; nil where none is.
  func refusal(kernel: String) -> String? {
    let missing = lines.filter { $0.part.isEssential && $0.missing != nil }
    guard !missing.isEmpty else { return nil }
    let parts = missing.map { "\($0.part.name): \($0.missing ?? ""); \($0.part.remedy)" }.joined(separator: ". ")
    return "the sandbox is required and \(kernel) does not grant all of it. \(parts). "
      + "Or set \"sandbox\": \"available\" in the configuration, and plugins run without what is missing"
  }
}

/// What the kernel says of a process in /proc; pure.
struct KernelView: Sendable, Hashable {
  private let status: [String: String]
  private let limits: [String: [String]]
  private let oom: String
  private let group: String

  /// Takes the texts of `status`, `limits`, `oom_score_adj` and `cgroup`; nil where the process is over.
  init?(status: String, limits: String, oom: String, group: String) {
    var fields: [String: String] = [:]
    for line in status.split(separator: "\n") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      fields[String(line[..<colon])] = line[line.index(after: colon)...].filter { $0 != " " && $0 != "\t" }
    }
    guard let state = fields["State"], !state.hasPrefix("Z"), !state.hasPrefix("X") else { return nil }
    self.status = fields
    var rows: [String: [String]] = [:]
    for name in ["Max core file size", "Max data size", "Max open files", "Max file size"] {
      guard let line = limits.split(separator: "\n").first(where: { $0.hasPrefix("\(name) ") }) else { continue }
      rows[name] = line.dropFirst(name.count).split(separator: " ").prefix(2).map(String.init)
    }
    self.limits = rows
    self.oom = oom.filter { !$0.isWhitespace }
    self.group = group
  }

  /// Reads /proc; a few small files, no disk. Nil where the process is over.
  init?(pid: Int32) {
    self.init(
      status: ProcessFile.text(pid, "status"), limits: ProcessFile.text(pid, "limits"),
      oom: ProcessFile.text(pid, "oom_score_adj"), group: ProcessFile.text(pid, "cgroup"))
  }

  /// Whether the kernel agrees; nil where it tells nothing of that part.
  func confirms(_ part: SandboxPart) -> Bool? {
    switch part {
    case .noNewPrivileges: status["NoNewPrivs"].map { $0 == "1" }
    case .systemCalls: status["Seccomp"].map { $0 == "2" && status["Seccomp_filters"] != "0" }
    case .noCapabilities:
      status["CapEff"].map { ($0 + (status["CapPrm"] ?? "")).allSatisfy { $0 == "0" } }
    case .noCore: limits["Max core file size"].map { $0 == ["0", "0"] }
    case .limits: limits.isEmpty ? nil : areLimited
    case .firstVictim: oom.isEmpty ? nil : oom == "1000"
    case .controlGroup: group.isEmpty ? nil : group.contains(WorkerGroups.prefix)
    case .notDumpable, .closedDescriptors, .files, .tcp, .scopes: nil
    }
  }

  private var areLimited: Bool {
    let files = limits["Max open files"]?.compactMap { Int($0) } ?? []
    return limits["Max file size"] == ["0", "0"] && files.count == 2 && files.allSatisfy { $0 <= 64 }
      && limits["Max data size"]?.contains("unlimited") == false
  }
}

/// A file of a process in /proc.
enum ProcessFile {
  /// Its text, at most 64 KiB; empty where it cannot be read.
  static func text(_ pid: Int32, _ name: String) -> String { text("/proc/\(pid)/\(name)") }

  static func text(_ path: String) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 64 << 10)
    var length = 0
    while length < bytes.count {
      let start = length
      let got = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress?.advanced(by: start), $0.count - start) }
      if got <= 0 { break }
      length += got
    }
    return String(decoding: bytes[..<length], as: UTF8.self)
  }
}
