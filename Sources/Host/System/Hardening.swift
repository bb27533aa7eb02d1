import CLinux
import Glibc

/// What a process of the host does to itself first thing after exec.
package enum Hardening {
  /// Makes the process undumpable and gives it no core file.
  ///
  /// RLIMIT_CORE alone does not stop a core pattern that is a pipe; not being dumpable does, and it
  /// closes /proc/<pid>/mem and ptrace to other processes of the user.
  package static func apply() throws(SystemError) {
    _ = try retrying("prctl", "PR_SET_DUMPABLE") { slipway_prctl(PR_SET_DUMPABLE, 0) }
    _ = try retrying("setrlimit", "RLIMIT_CORE") { slipway_no_core() }
  }
}
