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
        options: LedgerOptions(onPassage: { passage in
          switch passage {
          case .beforeCommit: crash.pass(.commitBegins)
          case .afterCommit: crash.pass(.commitDurable)
          }
        }))
    } catch {
      let code: ControlCode =
        switch error {
        case .held: .conflict
        case .unusable: .notPermitted
        case .foreign, .newer, .damaged: .internal
        }
      throw HostStartError(error.message, remedy: error.remedy, code: code)
    }
  }

  static func lock(_ state: String) throws -> DirectoryLock {
    do {
      return try DirectoryLock(directory: state)
    } catch {
      switch error {
      case .held(let pid):
        throw HostStartError(
          "a daemon is already running on \(state)\(pid.map { " (process \($0))" } ?? "")",
          remedy: "stop it, or give this one a state directory of its own: `slipway serve --state DIR`",
          code: .conflict)
      case .system(let failure):
        guard failure.code != ENOSPC && failure.code != EDQUOT else { throw full(state) }
        throw HostStartError(
          "\(state) cannot be locked: \(failure)", remedy: "check its owner and mode", code: .notPermitted)
      }
    }
  }

  static func full(_ state: String) -> HostStartError {
    HostStartError(
      "the disk that holds \(state) is full", remedy: "make room on it, or name another: `slipway serve --state DIR`",
      code: .storageFull)
  }

  /// The installation's sealing key. Only the first start makes one: later, a new one would open nothing that is stored.
  package static func sealingKey(_ path: String, isFirst: Bool) throws -> SealingKey {
    let file = SealingKeyFile(path: path)
    if isFirst { return try file.loadOrCreate() }
    guard access(path, F_OK) != 0, errno == ENOENT else { return try file.load() }
    throw HostStartError(
      "the sealing key \(path) is gone, and the credentials in the ledger can be opened by no other",
      remedy:
        "put it back from a backup; without one, start anew in another state directory and add the accounts again",
      code: .notPermitted)
  }

  /// Refuses a state directory that others may write: they could put another ledger or key in the place of ours.
  package static func requireOwn(_ path: String) throws {
    var facts = stat()
    guard stat(path, &facts) == 0 else { return }
    let isForeign = facts.st_uid != geteuid() && facts.st_uid != 0
    guard isForeign || facts.st_mode & 0o022 != 0 else { return }
    let mode = String(facts.st_mode & 0o7777, radix: 8)
    throw HostStartError(
      "others can write to \(path): expected a directory of this user with mode 700, found one of user \(facts.st_uid) "
        + "with mode \(mode)",
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
        "the directory \(path) cannot be made: \(reason)",
        remedy: "make it, owned by this user, mode 0700, or name another: `slipway serve --state DIR --socket PATH`",
        code: .notPermitted)
    }
  }
}

/// Why the daemon does not start.
package struct HostStartError: Error, Sendable, CustomStringConvertible {
  /// What is wrong.
  package let message: String
  /// What to do.
  package let remedy: String
  /// Its kind, which decides the exit code.
  package let code: ControlCode

  init(_ message: String, remedy: String, code: ControlCode = .internal) {
    self.message = message
    self.remedy = remedy
    self.code = code
  }

  /// Both, for people.
  package var description: String { "\(message). \(remedy)" }
}
