import Control
import Core
import Glibc
package import Model
package import Store
package import System

/// The file `installation` of a state directory: the id of the installation whose ledger is there.
///
/// It is written once the ledger holds the same id durably, so that where it is, an empty ledger is a loss and no first
/// start. State directories of before it show the same by what else is made only after that moment.
package struct InstallationMark: Sendable {
  /// The ledger's record of the same id.
  static let key = LedgerKey("installation", "self")

  private let state: String
  private var path: String { "\(state)/installation" }

  /// The one of a state directory.
  package init(state: String) { self.state = state }

  /// What shows that a ledger was here; nil: nothing does, so this is a first start, or one that was cut short before it
  /// had an identity.
  package var past: LedgerPast? {
    let id = id
    let traces = [(path, S_IFREG), ("\(state)/archive.db", S_IFREG), ("\(state)/output.db", S_IFREG)]
    guard let trace = traces.first(where: { Self.isThere($0.0, $0.1) })?.0 else { return nil }
    return LedgerPast(
      trace: trace, key: Self.key,
      expected: id.map { "the ledger of installation \($0)" } ?? "the ledger of the installation that was begun here"
    ) { record in
      // A record that cannot be read is refused, with its own words, by whoever needs it.
      guard let id, let found = try? RecordCodec.decode(InstallationRecord.self, record).id, found != id else {
        return nil
      }
      return "the one of installation \(found)"
    }
  }

  /// The id that is written there; nil: no file, or one that holds no id.
  package var id: ULID? {
    guard let file = try? Descriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK) else { return nil }
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = read(file.raw, &bytes, bytes.count)
    guard count > 0 else { return nil }
    return ULID(String(decoding: bytes.prefix(count).filter { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
  }

  /// Writes the id where another one or none is; nil takes the file away. Whole and durable when it returns, whenever the
  /// process ends.
  package func replace(by id: ULID?) throws(SystemError) {
    guard let id else {
      guard unlink(path) == 0 || errno == ENOENT else { throw SystemError("unlink", code: errno, context: path) }
      return try Self.sync(state)
    }
    guard self.id != id else { return }
    let draft = "\(path).new"
    let file = try Descriptor.open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600)
    try file.writeAll(Array("\(id)\n".utf8))
    try file.sync()
    guard rename(draft, path) == 0 else { throw SystemError("rename", code: errno, context: path) }
    try Self.sync(state)
  }

  private static func isThere(_ path: String, _ kind: mode_t) -> Bool {
    var facts = stat()
    return lstat(path, &facts) == 0 && facts.st_mode & S_IFMT == kind
  }

  private static func sync(_ folder: String) throws(SystemError) {
    try Descriptor.open(folder, O_RDONLY | O_DIRECTORY).sync()
  }
}

extension DaemonHost {
  /// Makes the mark where there is none. A first start does not go on without it; a later one does, since its ledger holds
  /// what the mark would say.
  static func mark(_ installation: InstallationRecord, _ state: String, isFirst: Bool, _ log: HostLog) throws {
    do throws(SystemError) {
      try InstallationMark(state: state).replace(by: installation.id)
    } catch {
      guard isFirst else { return log.write(.warning, "\(state)/installation cannot be written: \(error.words)") }
      throw error.code == ENOSPC || error.code == EDQUOT
        ? full(state)
        : HostStartError(
          "\(state)/installation cannot be written", expected: "to keep the installation's id there",
          found: error.words,
          remedy: "check its owner and mode", code: .notPermitted)
    }
  }
}
