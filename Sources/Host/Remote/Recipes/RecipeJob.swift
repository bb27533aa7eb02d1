package import RemoteProtocol

/// One run of a recipe on one VM, as a value: enough to start it, and after any cut to find it again.
package struct RecipeJob: Sendable, Hashable {
  /// Name of the run, a ULID's text: 26 digits and capital letters. With the same name it is never begun twice on one VM.
  package var run: String
  /// The script.
  package var body: RunBody
  /// What the script finds in its environment beside HOME, PATH, USER and LANG. May be secret: only in memory, on the
  /// connection, and on the VM in a file that is gone before the script begins.
  package var environment: [String: String]
  /// How long the script may run; at least 1 ms.
  package var timeout: Duration
  /// How long what is ended, at the timeout or by a cancel, has between TERM and KILL.
  package var grace: Duration
  /// How long cloud-init is waited for, where there is one; zero: not at all.
  package var cloudInitLimit: Duration
  /// What is kept of each stream on the VM.
  package var limits: OutputLimits
  /// Bytes of each stream that the caller has already.
  package var offsets: OutputOffsets
  /// Whether it may be begun. False: it was begun before, and is only found again; where it is not there, it is gone.
  package var mayBegin: Bool
  /// Where it lives on the VM.
  package var place: RecipePlace

  /// Makes a job that may be begun.
  package init(
    run: String, body: RunBody, environment: [String: String] = [:], timeout: Duration,
    grace: Duration = .seconds(10), cloudInitLimit: Duration = .zero, limits: OutputLimits = OutputLimits(),
    offsets: OutputOffsets = OutputOffsets(),
    mayBegin: Bool = true, place: RecipePlace = RecipePlace()
  ) {
    self.run = run
    self.body = body
    self.environment = environment
    self.timeout = timeout
    self.grace = grace
    self.cloudInitLimit = cloudInitLimit
    self.limits = limits
    self.offsets = offsets
    self.mayBegin = mayBegin
    self.place = place
  }

  /// What is wrong with it; nil where it can be run.
  package var problem: String? {
    let digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    guard run.utf8.count == 26, run.allSatisfy({ digits.contains($0) }) else { return "\(run) is no ULID" }
    for (name, value) in environment {
      guard Self.isName(name) else { return "\(name) cannot be the name of an environment variable" }
      guard !value.utf8.contains(0) else { return "the value of \(name) has a NUL byte" }
      guard value.utf8.count <= 65_536 else { return "the value of \(name) has more than 65536 bytes" }
    }
    let total = environment.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
    guard total <= 262_144 else { return "the environment has \(total) bytes; it may have 262144" }
    guard timeout >= .milliseconds(1), timeout <= .seconds(31_536_000) else { return "a timeout of \(timeout)" }
    guard place.folder.hasPrefix("/"), !place.folder.utf8.contains(0) else {
      return "\(place.folder) is no absolute path"
    }
    return nil
  }

  /// Names that shells take, without those that some shell keeps for itself.
  package static func isName(_ name: String) -> Bool {
    guard let first = name.utf8.first, name.utf8.count <= 256, !(48...57).contains(first) else { return false }
    let kept = ["_", "PPID", "UID", "EUID", "SHELLOPTS", "BASHOPTS", "BASH_VERSINFO", "IFS", "OPTIND", "LINENO"]
    return !kept.contains(name)
      && name.utf8.allSatisfy {
        (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 95
      }
  }
}

/// How much of a stream is kept on the VM: its head as it comes, and its tail.
package struct OutputLimits: Sendable, Hashable {
  /// Bytes of the head, 64 KiB to 1 GiB; up to 64 KiB more may be kept. They are streamed while the script runs.
  package var head: Int
  /// Bytes of the tail, 0 to 64 MiB. Where the stream is longer than its head they come after the end.
  package var tail: Int

  /// Makes limits, clamped to what they may be.
  package init(head: Int = 4 << 20, tail: Int = 256 << 10) {
    self.head = min(max(head, 64 << 10), 1 << 30)
    self.tail = min(max(tail, 0), 64 << 20)
  }

  /// Bytes of one piece of the tail on the VM, of which there are two at most.
  var piece: Int { max(tail, 4 << 20) }

  /// Bytes of one stream that a VM may send, at most.
  var most: Int { head + piece + (128 << 10) }
}

/// A place in each stream, in bytes from its begin.
package struct OutputOffsets: Sendable, Hashable {
  /// In standard output.
  package var output: Int
  /// In standard error.
  package var error: Int

  /// Makes offsets; negative ones are 0.
  package init(output: Int = 0, error: Int = 0) {
    self.output = max(0, output)
    self.error = max(0, error)
  }

  /// The place in that stream.
  package subscript(_ stream: RemoteStream) -> Int {
    get { stream == .output ? output : error }
    set { if stream == .output { output = newValue } else { error = newValue } }
  }
}

/// Paths on the VM, and how slow it may be.
package struct RecipePlace: Sendable, Hashable {
  /// The folder under which `runs/<ULID>` is made.
  package var folder: String
  /// The file that has another text after each boot (Linux: random/boot_id).
  package var bootID: String
  /// The file with a line `oom_kill <count>` (Linux 4.13 and newer: vmstat).
  package var memoryCounters: String
  /// How long the VM may take from the run's folder to the beginning of what watches over it. After that it never begins:
  /// its start was cut off.
  package var startLimit: Duration

  /// Makes a place.
  package init(
    folder: String = "/var/lib/slipway", bootID: String = "/proc/sys/kernel/random/boot_id",
    memoryCounters: String = "/proc/vmstat", startLimit: Duration = .seconds(60)
  ) {
    self.folder = folder
    self.bootID = bootID
    self.memoryCounters = memoryCounters
    self.startLimit = startLimit
  }
}
