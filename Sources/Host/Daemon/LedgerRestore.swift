import Control
import Core
import FoundationEssentials
import Glibc
import Model
import Store
import System

/// Puts a copy of a ledger in the place of the one in a state directory, while no daemon runs there.
///
/// Everything is made ready in the folder `restoring`; while that is there, no daemon starts. So a restore that was cut
/// short has either changed nothing, or is done again.
package enum LedgerRestore {
  /// Restores `copy`, and says where the ledger before it was kept; nil: there was none.
  /// - Throws: `HostStartError` with what is wrong and what to do.
  package static func run(_ copy: String, state: String) async throws -> String? {
    try folder(state)
    let lock: DirectoryLock
    do throws(DirectoryLockError) { lock = try DirectoryLock(directory: state, patienceMs: 1_000) } catch {
      throw HostStartError(
        "the state directory \(state) cannot be locked", expected: "one that no daemon uses and this user may write",
        found: error.words, remedy: "stop the daemon first, then restore", code: .conflict)
    }
    defer { lock.unlock() }
    let work = folder(of: state)
    let ledger = "\(state)/ledger.db"
    // What an earlier try left there is a copy only.
    try? FileManager.default.removeItem(atPath: work)
    try folder(work)
    let installation: ULID?
    do {
      try LedgerCopy.make(of: copy, at: "\(work)/ledger.db")
      installation = try await begin("\(work)/ledger.db")
      guard !FileManager.default.fileExists(atPath: "\(work)/ledger.db-wal") else {
        throw HostStartError(
          "the copy's log was not taken in", expected: "one file that holds everything", found: "\(work)/ledger.db-wal",
          remedy: "try again")
      }
    } catch {
      // Nothing was changed, so a daemon may start. A restore that was cut short before this one may have moved a log
      // aside: then what it was to bring is still needed.
      if !FileManager.default.fileExists(atPath: "\(state)/restore.begun") {
        try? FileManager.default.removeItem(atPath: work)
      }
      throw HostStartError(
        "\(copy) was not restored, and nothing was changed", expected: "a copy that `slipway backup` wrote",
        found: "\(error)", remedy: "name another copy", code: .badRequest)
    }
    let hadOne = FileManager.default.fileExists(atPath: ledger)
    let before = "\(ledger).before-restore-\(Clock.wall())"
    do throws(SystemError) {
      _ = try Descriptor.open("\(state)/restore.begun", O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
      try sync(state)
      if hadOne, link(ledger, before) != 0 { throw SystemError("link", code: errno, context: before) }
      // The log belongs to the old file, be it gone; under the new one it would be taken for its own.
      for suffix in ["-wal", "-shm"] where rename(ledger + suffix, before + suffix) != 0 && errno != ENOENT {
        throw SystemError("rename", code: errno, context: ledger + suffix)
      }
      // The copy may be another installation's. Without a mark the next start makes one.
      try InstallationMark(state: state).replace(by: installation)
      guard rename("\(work)/ledger.db", ledger) == 0 else {
        throw SystemError("rename", code: errno, context: ledger)
      }
      try sync(state)
    } catch {
      throw HostStartError(
        "\(copy) was not restored", expected: "to put it in the place of \(ledger)", found: error.description,
        remedy: "mend the cause, and run the same command again")
    }
    try? FileManager.default.removeItem(atPath: work)
    unlink("\(state)/restore.begun")
    return hadOne ? before : nil
  }

  /// Refuses a state directory where a restore was cut short.
  static func requireNoneUnfinished(in state: String) throws {
    let isHalf = ["\(folder(of: state))", "\(state)/restore.begun"].contains {
      FileManager.default.fileExists(atPath: $0)
    }
    guard isHalf else { return }
    throw HostStartError(
      "a restore of \(state) was cut short", expected: "a state directory without the marks of a restore",
      found: "restoring or restore.begun in it", remedy: "run the same `slipway restore FILE` again", code: .conflict)
  }

  /// Writes into the copy that nobody has confirmed it, and says whose it is.
  private static func begin(_ path: String) async throws -> ULID? {
    let ledger = try SQLiteLedger(path: path)
    defer { ledger.close() }
    let now = HostClock(notBefore: nil).now()
    var random = Randomness(seed: UInt64.random(in: .min ... .max))
    try await EpochBook.begin(
      in: ledger, cause: "the ledger was restored from a copy", id: random.id(at: now), at: now)
    return try ledger.records(prefix: InstallationMark.key.text).first { $0.key == InstallationMark.key }
      .map { try RecordCodec.decode(InstallationRecord.self, $0).id }
  }

  private static func folder(of state: String) -> String { "\(state)/restoring" }

  private static func folder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw HostStartError(
        "the directory \(path) cannot be made", expected: "to make it, with mode 0700", found: "\(error)",
        remedy: "check its owner and mode", code: .notPermitted)
    }
  }

  private static func sync(_ path: String) throws(SystemError) {
    try Descriptor.open(path, O_RDONLY | O_DIRECTORY).sync()
  }
}
