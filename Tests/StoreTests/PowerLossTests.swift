import Core
import Foundation
import Store
import Testing

/// What a power cut leaves of a ledger: a database file, and a log that ends anywhere or holds bytes that nobody wrote.
@Suite struct PowerLossTests {
  /// The files of a ledger at one moment, with how many commits the database file holds by itself.
  private struct Files {
    var database: Data
    var log: Data
    var base: Int
    var commits: Int

    private func number(_ offset: Int) -> Int {
      log[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
    }

    /// https://www.sqlite.org/fileformat2.html#the_write_ahead_log: a header of 32 bytes, then frames of a header of 24
    /// bytes and a page.
    var frameSize: Int { 24 + number(8) }
    var frames: Int { (log.count - 32) / frameSize }
    func start(_ frame: Int) -> Int { 32 + frame * frameSize }

    /// Commits that the first frames hold whole, with those of the database file.
    func commits(in frames: Int) -> Int {
      // A new ledger's schema is in the database file already.
      base + (0..<frames).count { number(start($0) + 4) != 0 }
    }
  }

  /// Commit `number`: a counter, and two records that must never be seen apart. Some are bigger than a page.
  private func commit(_ number: Int) -> [LedgerWrite] {
    let value = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 300 + number % 4 * 3_000)
    return [
      LedgerWrite(key: LedgerKey("counter", "n"), expected: UInt64(number - 1), value: Array("\(number)".utf8)),
      LedgerWrite(key: LedgerKey("a", "\(number)"), expected: 0, value: value),
      LedgerWrite(key: LedgerKey("b", "\(number)"), expected: 0, value: value),
    ]
  }

  /// Commits one after the other; those up to `base` are in the database file, the others in its log.
  private func files(_ directory: String, base: Int, commits: Int) async throws -> Files {
    let path = "\(directory)/ledger"
    var ledger = try SQLiteLedger(path: path, options: LedgerOptions(reserveBytes: 0))
    for number in 1...commits {
      try await ledger.store(commit(number)).get()
      guard number == base else { continue }
      ledger.close()
      ledger = try SQLiteLedger(path: path, options: LedgerOptions(reserveBytes: 0))
    }
    defer { ledger.close() }
    return Files(
      database: try Data(contentsOf: URL(filePath: path)), log: try Data(contentsOf: URL(filePath: "\(path)-wal")),
      base: base, commits: commits)
  }

  /// Opens what was left: it holds exactly the first `expected` commits, and takes the next one.
  private func check(_ database: Data, _ log: Data, holds expected: Int, _ place: String) async throws {
    try await withScratch { directory in
      let path = "\(directory)/ledger"
      try database.write(to: URL(filePath: path))
      try log.write(to: URL(filePath: "\(path)-wal"))
      let ledger = try SQLiteLedger(path: path, options: LedgerOptions(reserveBytes: 0))
      defer { ledger.close() }
      let records = try ledger.records(prefix: "")
      var wanted: [LedgerKey: [UInt8]] = [:]
      for number in 0..<expected {
        for write in commit(number + 1) { wanted[write.key] = write.value }
      }
      let found = Dictionary(uniqueKeysWithValues: records.map { ($0.key, $0.value) })
      #expect(found == wanted, "\(place): expected \(expected) commits")
      let error = await ledger.store(commit(expected + 1))
      #expect(throws: Never.self, "\(place)") { try error.get() }
    }
  }

  @Test(arguments: [0, 4])
  func `a log that ends anywhere leaves the commits before that, in order and whole`(base: Int) async throws {
    try await withScratch { directory in
      let files = try await files(directory, base: base, commits: 9)
      #expect(files.commits(in: files.frames) == files.commits)
      for frame in 0...files.frames {
        let expected = files.commits(in: frame)
        for beyond in frame == files.frames ? [0] : [0, 1, 24, files.frameSize / 2, files.frameSize - 1] {
          let log = files.log.prefix(files.start(frame) + beyond)
          try await check(files.database, log, holds: expected, "\(beyond) bytes of frame \(frame)")
        }
      }
      for bytes in [0, 1, 31] {
        try await check(files.database, files.log.prefix(bytes), holds: base, "\(bytes) bytes of the log")
      }
    }
  }

  /// Tries to open what was left: it is refused as damaged, and both files stay as they were.
  private func refuses(_ database: Data, _ log: Data, _ place: String) async throws {
    try await withScratch { directory in
      let path = "\(directory)/ledger"
      try database.write(to: URL(filePath: path))
      try log.write(to: URL(filePath: "\(path)-wal"))
      let error = #expect(throws: StoreOpenError.self, "\(place)") {
        try SQLiteLedger(path: path, options: LedgerOptions(reserveBytes: 0))
      }
      guard case .damaged(path, let found)? = error else {
        Issue.record("\(place): \(String(describing: error))")
        return
      }
      #expect(found.contains("of its log"), "\(place): \(found)")
      #expect(try Data(contentsOf: URL(filePath: path)) == database, "\(place)")
      #expect(try Data(contentsOf: URL(filePath: "\(path)-wal")) == log, "\(place)")
    }
  }

  @Test(arguments: [0, 4])
  func `bytes of the last commit that are not as they were written take it along, and earlier ones are damage`(
    base: Int
  ) async throws {
    try await withScratch { directory in
      let files = try await files(directory, base: base, commits: 9)
      // The first frame of the last commit: no later one shows that it was whole.
      let last = try #require((0..<files.frames).first { files.commits(in: $0) == files.commits - 1 })
      #expect(last > 0 && last < files.frames)
      for frame in 0..<files.frames {
        // The page's number, the mark of a commit, the salt, the checksum, and the page's first and last byte.
        for offset in [3, 7, 8, 16, 24, files.frameSize - 1] {
          var log = files.log
          log[files.start(frame) + offset] ^= 0x10
          let place = "byte \(offset) of frame \(frame)"
          // The end of the last commit but one, when its own header lost what the next frame goes on from.
          if frame == last - 1, offset > 3, offset < 24 { continue }
          // A mark that this is an end, which the next frame denies, was not left by a write that was cut short.
          let isFalseEnd = offset == 7 && frame < files.frames - 1
          if frame < last || isFalseEnd {
            try await refuses(files.database, log, place)
          } else {
            try await check(files.database, log, holds: files.commits(in: frame), place)
          }
        }
        // A sector that never came.
        var log = files.log
        let sector = files.start(frame) + 1_024
        log.replaceSubrange(sector..<sector + 512, with: repeatElement(0xA5, count: 512))
        let place = "a sector of frame \(frame)"
        if frame < last {
          try await refuses(files.database, log, place)
        } else {
          try await check(files.database, log, holds: files.commits(in: frame), place)
        }
      }
      for offset in [0, 8, 16, 24, 31] {
        var log = files.log
        log[offset] ^= 0x10
        try await refuses(files.database, log, "byte \(offset) of the log")
      }
    }
  }
}
