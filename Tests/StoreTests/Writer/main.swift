import Core
import FaultyDisk
import Glibc
import Store
import Synchronization

// Writes to a ledger until it is killed, and says what was acknowledged: one line of the record's number each.
// Arguments: the ledger's path; `kill-before` or `kill-after` and the number of the transaction at whose COMMIT this
// process ends itself, or `file-limit` and the size in bytes above which every write fails, or `sync-fails` and the number
// of the sync that fails, or `fill` and the number of records that are to be changed once the disk is full.

let arguments = CommandLine.arguments
guard arguments.count == 4, let number = UInt64(arguments[3]) else { exit(64) }
let mode = arguments[2]

@Sendable func say(_ text: String) {
  let bytes = Array("\(text)\n".utf8)
  _ = bytes.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
}

/// Fills a small disk, changes records while it is full, makes room, and grows again; says what came of it.
func fill(_ path: String, changes: Int) async {
  func put(_ ledger: SQLiteLedger, _ name: Int, _ expected: UInt64) async -> LedgerError? {
    let write = LedgerWrite(key: LedgerKey("k", "\(name)"), expected: expected, value: .init(repeating: 1, count: 2000))
    return await withCheckedContinuation { continuation in
      ledger.commit([write]) { result in
        if case .failure(let error) = result {
          continuation.resume(returning: error)
        } else {
          continuation.resume(returning: nil)
        }
      }
    }
  }
  // Something else on the disk that can be removed later.
  let filler = open("\(path).filler", O_RDWR | O_CREAT, 0o600)
  posix_fallocate(filler, 0, 2 << 20)
  close(filler)
  guard let ledger = try? SQLiteLedger(path: path) else { return say("no ledger") }
  var count = 0
  while count < 100_000 {
    if let error = await put(ledger, count, 0) {
      if case .full = error { say("full") } else { say("\(error)") }
      break
    }
    count += 1
  }
  var changed = 0
  while changed < changes, await put(ledger, changed, 1) == nil { changed += 1 }
  say("changed \(changed)")
  unlink("\(path).filler")
  say(await put(ledger, 1_000_000, 0).map { "\($0)" } ?? "grown")
  ledger.close()
}

/// Goes on after the ledger has failed; says what it still takes and tells.
@Sendable func insist(_ ledger: SQLiteLedger) {
  let taken = Atomic<Int>(0)
  let refused = Atomic<Int>(0)
  for number in 0..<20 {
    ledger.commit([LedgerWrite(key: LedgerKey("late", "\(number)"), expected: 0, value: [1])]) { result in
      switch result {
      case .success: taken.add(1, ordering: .relaxed)
      case .failure(.broken): refused.add(1, ordering: .relaxed)
      case .failure: break
      }
    }
  }
  var isRead = true
  do { _ = try ledger.records(prefix: "") } catch { isRead = false }
  // Closing waits for the writer's thread.
  ledger.close()
  let counts = "\(taken.load(ordering: .relaxed)) taken, \(refused.load(ordering: .relaxed)) refused"
  say("then: \(counts), \(isRead ? "" : "not ")read")
  _Exit(70)
}

if mode == "sync-fails", faulty_disk_install(UInt(number)) != 0 { exit(71) }

if mode == "file-limit" {
  signal(SIGXFSZ, SIG_IGN)
  var limit = rlimit(rlim_cur: rlim_t(number), rlim_max: rlim_t(number))
  setrlimit(__rlimit_resource_t(1), &limit)
}

let options = LedgerOptions(reserveBytes: 0) { passage in
  if mode == "kill-before", passage == .beforeCommit(number) { kill(getpid(), SIGKILL) }
  if mode == "kill-after", passage == .afterCommit(number) { kill(getpid(), SIGKILL) }
}

if mode == "fill" {
  await fill(arguments[1], changes: Int(number))
  exit(0)
}

do {
  let ledger = try SQLiteLedger(path: arguments[1], options: options)
  let next = Atomic<UInt64>(0)
  let failed = Mutex(true)
  @Sendable func writeOne() {
    let own = next.add(1, ordering: .relaxed).newValue
    let value = [UInt8](repeating: UInt8(truncatingIfNeeded: own), count: 200)
    let writes = [
      LedgerWrite(key: LedgerKey("a", "\(own)"), expected: 0, value: value),
      LedgerWrite(key: LedgerKey("b", "\(own)"), expected: 0, value: value),
    ]
    ledger.commit(writes) { result in
      switch result {
      case .success:
        say("\(own)")
        // The failure was one of the opening, before anything was promised.
        if mode == "sync-fails", faulty_disk_syncs() > UInt(number) + 100 { _Exit(72) }
        writeOne()
      case .failure(let error):
        say("failed: \(error)")
        guard mode == "sync-fails" else { _Exit(70) }
        failed.withLock { isFirst in
          // Another thread, since this one is the writer's, which closing waits for.
          if isFirst { Task.detached { insist(ledger) } }
          isFirst = false
        }
      }
    }
  }
  for _ in 0..<16 { writeOne() }
  // Somebody ends this process, or the ledger breaks; a closed input is the order to end, too.
  var byte: UInt8 = 0
  while read(0, &byte, 1) > 0 {}
  _Exit(0)
} catch {
  say("refused: \(error)")
  exit(69)
}
