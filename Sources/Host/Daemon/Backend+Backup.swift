package import Control
import Store
import System

extension Backend {
  /// Writes a consistent copy of the ledger to a new file.
  package func backup(to path: String) async throws(ControlFailure) -> BackupView {
    let source = settings.ledger
    let result: Result<Void, StoreOpenError>
    do throws(SystemError) {
      // A thread of its own: the copy takes as long as the disk does.
      let thread = try Reactor(name: "backup")
      result = await withCheckedContinuation { continuation in
        thread.submit {
          do throws(StoreOpenError) {
            try LedgerCopy.make(of: source, at: path)
            continuation.resume(returning: .success(()))
          } catch { continuation.resume(returning: .failure(error)) }
        }
      }
      thread.stop()
    } catch {
      throw ControlFailure(.internal, "the backup could not begin: \(error)")
    }
    if case .failure(let failure) = result {
      throw ControlFailure(
        .conflict, "no backup was made: \(failure)", expected: "a new file in a folder that the daemon may write to",
        found: path, remedy: "name a file that does not exist yet, on a disk with room")
    }
    return BackupView(path: path)
  }
}
