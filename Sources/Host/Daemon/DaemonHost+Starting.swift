package import Control
package import Crypto
import FoundationEssentials
import Glibc
import Store
import System

// What a start needs, and why it is refused.
extension DaemonHost {
  static func ledger(_ configuration: Configuration, _ crash: CrashPoints) throws -> SQLiteLedger {
    do throws(StoreOpenError) {
      return try SQLiteLedger(
        path: "\(configuration.state)/ledger.db",
        options: LedgerOptions(
          past: InstallationMark(state: configuration.state).past,
          onPassage: { passage in
            switch passage {
            case .beforeCommit: crash.pass(.commitBegins)
            case .afterCommit: crash.pass(.commitDurable)
            }
          }))
    } catch {
      throw HostStartError(error)
    }
  }

  /// The stores of what was: timelines, and what recipes wrote.
  static func archives(_ configuration: Configuration, _ log: HostLog) throws(HostStartError) -> (
    TimelineStore, RunLogs
  ) {
    do throws(StoreOpenError) {
      let archive = try TimelineStore(path: "\(configuration.state)/archive.db") { log.write(.warning, $0) }
      let logs = RunLogs(
        try OutputArchive(
          path: "\(configuration.state)/output.db", limit: configuration.archive.outputKilobytes << 10
        ) { log.write(.warning, $0) })
      return (archive, logs)
    } catch {
      throw HostStartError(error)
    }
  }

  static func lock(_ state: String) throws -> DirectoryLock {
    do {
      return try DirectoryLock(directory: state, patienceMs: 1_000)
    } catch {
      switch error {
      case .held(let pid):
        throw HostStartError(
          "the state directory \(state) is in use", expected: "one that no other daemon uses",
          found: "a daemon that runs on it\(pid.map { ", process \($0)" } ?? "")",
          remedy: "stop it, or give this one a state directory of its own: `slipway serve --state DIR`",
          code: .conflict)
      case .system(let failure):
        guard failure.code != ENOSPC && failure.code != EDQUOT else { throw full(state) }
        throw HostStartError(
          "the state directory \(state) cannot be locked", expected: "to make and write the file lock in it",
          found: failure.words, remedy: "check its owner and mode", code: .notPermitted)
      }
    }
  }

  /// The worker program, held open so that every worker is of this version.
  static func worker(_ path: String) throws(HostStartError) -> Descriptor {
    do throws(SystemError) { return try Descriptor.open(path, O_RDONLY | O_CLOEXEC) } catch {
      throw HostStartError(
        "the worker program \(path) cannot be opened", expected: "the slipway-worker that came with this slipway",
        found: error.words, remedy: "install it beside slipway, or name its path as `worker`", code: .notPermitted)
    }
  }

  /// Refuses an SSH program that nothing could be done with: it is started only once a machine wants it.
  package static func checkSSH(_ path: String) throws(HostStartError) {
    var facts = stat()
    let isThere = stat(path, &facts) == 0
    let isProgram = isThere && facts.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    guard !isProgram else { return }
    throw HostStartError(
      "the program \(path) cannot be used for SSH", expected: "the slipway-ssh that came with this slipway",
      found: isThere ? "what is no program" : "nothing",
      remedy: "install it beside slipway, or name its path as `ssh`", code: .notPermitted)
  }

  static func full(_ state: String) -> HostStartError {
    HostStartError(
      "the disk that holds \(state) is full", expected: "room for the ledger's next records", found: "none",
      remedy: "make room on it, or name another: `slipway serve --state DIR`",
      code: .storageFull)
  }

  /// The installation's sealing key. Only the first start makes one: later, a new one would open nothing that is stored.
  package static func sealingKey(_ path: String, isFirst: Bool) throws -> SealingKey {
    let file = SealingKeyFile(path: path)
    do throws(CryptoFailure) {
      if isFirst { return try file.loadOrCreate() }
      if access(path, F_OK) == 0 || errno != ENOENT { return try file.load() }
    } catch {
      throw refusal(path, error)
    }
    throw HostStartError(
      "the sealing key \(path) is gone", expected: "the key that the credentials in the ledger were sealed with",
      found: "no such file, and no other key opens them",
      remedy:
        "put it back from a backup; without one, start anew in another state directory and add the accounts again",
      code: .notPermitted)
  }

  private static func refusal(_ path: String, _ failure: CryptoFailure) -> HostStartError {
    let thing = "the sealing key \(path) cannot be used"
    return switch failure {
    case .keyFile(_, let operation, let number):
      HostStartError(
        thing, expected: "to read it, or to make it at the first start",
        found: SystemError(operation, code: number).words,
        remedy: "check that its folder exists and that this user may use it, or name another path as `seal_key`",
        code: .notPermitted)
    case .keyFileRefused(_, let expected, let found):
      HostStartError(
        thing, expected: expected, found: found, remedy: "mend its mode or owner, or restore it from a backup",
        code: .notPermitted)
    default:
      HostStartError(
        thing, expected: "a key of \(SealingKey.byteCount) bytes", found: "\(failure)",
        remedy: "restore it from a backup", code: .notPermitted)
    }
  }

  /// Refuses a state directory that others may write: they could put another ledger or key in the place of ours.
  package static func requireOwn(_ path: String) throws {
    var facts = stat()
    guard stat(path, &facts) == 0 else { return }
    let isForeign = facts.st_uid != geteuid() && facts.st_uid != 0
    guard isForeign || facts.st_mode & 0o022 != 0 else { return }
    let mode = String(facts.st_mode & 0o7777, radix: 8)
    throw HostStartError(
      "others can write to \(path)", expected: "a directory of this user with mode 700",
      found: "one of user \(facts.st_uid) with mode \(mode)",
      remedy: "chmod 700 \(path), after a look at what is in it", code: .notPermitted)
  }

  static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  }

  static func makeDirectory(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      let posix = (error as? CocoaError)?.underlying as? POSIXError
      let reason = posix.map { String(cString: strerror($0.code.rawValue)) } ?? "\(error)"
      throw HostStartError(
        "the directory \(path) cannot be made", expected: "to make it, with mode 0700", found: reason,
        remedy: "make it, owned by this user, mode 0700, or name another: `slipway serve --state DIR --socket PATH`",
        code: .notPermitted)
    }
  }
}

/// Why the daemon does not start.
package struct HostStartError: Error, Sendable, CustomStringConvertible {
  /// What is wrong, with the thing's name.
  package let message: String
  /// What would have been right.
  package let expected: String
  /// What was there instead.
  package let found: String
  /// What to do.
  package let remedy: String
  /// Its kind, which decides the exit code.
  package let code: ControlCode

  init(_ message: String, expected: String, found: String, remedy: String, code: ControlCode = .internal) {
    self.message = message
    self.expected = expected
    self.found = found
    self.remedy = remedy
    self.code = code
  }

  /// Says why a file of the state directory was not opened.
  init(_ error: StoreOpenError) {
    let code: ControlCode =
      switch error {
      case .held: .conflict
      case .unusable: .notPermitted
      case .foreign, .newer, .damaged, .lost: .internal
      }
    self.init(error.thing, expected: error.expected, found: error.found, remedy: error.remedy, code: code)
  }

  /// All of it in a line, for people.
  package var description: String { "\(message): expected \(expected), found \(found). \(remedy)" }

  /// The same as the control API and the command line say it.
  package var failure: ControlFailure {
    ControlFailure(code, message, expected: expected, found: found, remedy: remedy)
  }
}
