import Control
import Glibc

/// What a state directory shows of a ledger that was there: a start makes the archives only once the installation's record is
/// durable in the ledger. A ledger without that record, beside an archive, has lost it.
///
/// Such a start would begin as another installation: it would know none of the machines that run, and no sweep could tell
/// that they are ours.
package struct LedgerTraces {
  private let state: String
  private var ledger: String { "\(state)/ledger.db" }

  /// Looks at a state directory.
  package init(state: String) { self.state = state }

  /// Refuses a ledger that is gone or empty, before SQLite opens it: of an empty one it throws the log away.
  package func requireLedger() throws(HostStartError) {
    guard hasTraces else { return }
    var facts = stat()
    guard stat(ledger, &facts) == 0 else {
      // What cannot be looked at is refused by whoever opens it.
      if errno == ENOENT { throw lost("is gone", found: "no such file") }
      return
    }
    if facts.st_size < Self.header { throw lost("is empty", found: "\(facts.st_size) bytes") }
  }

  /// Refuses a ledger that knows no installation.
  package func requireNone() throws(HostStartError) {
    guard hasTraces else { return }
    throw lost("has lost what it held", found: "a ledger without one; its log \(ledger)-wal may be gone")
  }

  /// Bytes of a database's header.
  private static let header = 100

  private var hasTraces: Bool { ["archive.db", "output.db"].contains { access("\(state)/\($0)", F_OK) == 0 } }

  private func lost(_ what: String, found: String) -> HostStartError {
    HostStartError(
      "the ledger \(ledger) \(what)", expected: "the record of the installation whose archives are beside it",
      found: found,
      remedy:
        "restore a backup: `slipway restore FILE --state \(state)`; to begin anew, knowing none of the machines that run, "
        + "name another state directory")
  }
}
