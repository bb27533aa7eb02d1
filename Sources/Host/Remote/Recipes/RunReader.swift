import RemoteProtocol

/// Reads what `FollowScript` prints, however it is cut into pieces. Pure; keeps no more than one line.
struct RunReader {
  /// One thing that was said.
  enum Record: Sendable, Hashable {
    /// It is about to begin, and waits for permission.
    case ready
    case attached
    case alive
    case running(since: Int64)
    case cloudInit(CloudInitReport)
    case output(RemoteStream, offset: Int, [UInt8])
    case interrupted(RunEnding.Interruption)
    case refused(RunEnding.Refusal)
    case ended(Account)
  }

  /// The last line of a run.
  struct Account: Sendable, Hashable {
    var outcome: RunEnding.Outcome
    var elapsedMs: Int64
    var memoryKills: Int
    var wasDiskFull: Bool
    var totals: OutputOffsets
  }

  /// Bytes of a line, at most.
  static let lineLimit = 1_024
  /// Bytes that a login shell may print before the greeting, at most.
  static let noiseLimit = 65_536

  private let greeting: [UInt8]
  private let needed: String
  private var hasGreeted = false
  private var isOver = false
  private var noise = 0
  private var line: [UInt8] = []
  private var payload: (stream: RemoteStream, offset: Int, left: Int)?

  /// `needed` is the interpreter that a refusal names.
  init(greeting: String, needed: String) {
    self.greeting = Array(greeting.utf8)
    self.needed = needed
  }

  /// Takes a piece. After the last record whatever comes is ignored; what is no record is refused.
  mutating func take(_ bytes: [UInt8]) throws(MalformedRun) -> [Record] {
    var records: [Record] = []
    var rest = bytes[...]
    while !rest.isEmpty, !isOver {
      if let (stream, offset, left) = payload {
        let part = Array(rest.prefix(left))
        rest = rest.dropFirst(part.count)
        payload = part.count < left ? (stream, offset + part.count, left - part.count) : nil
        records.append(.output(stream, offset: offset, part))
        continue
      }
      let part = rest.prefix { $0 != UInt8(ascii: "\n") }
      let isWhole = part.count < rest.count
      rest = rest.dropFirst(part.count + (isWhole ? 1 : 0))
      if !hasGreeted {
        try listen(part, isWhole)
        continue
      }
      guard line.count + part.count <= Self.lineLimit else { throw MalformedRun(reason: "a line that does not end") }
      line += part
      guard isWhole else { continue }
      let whole = line
      line = []
      if let record = try read(whole) { records.append(record) }
    }
    return records
  }

  /// Waits for the greeting; a login shell may have said something else before.
  private mutating func listen(_ part: ArraySlice<UInt8>, _ isWhole: Bool) throws(MalformedRun) {
    noise += part.count + 1
    guard noise <= Self.noiseLimit else { throw MalformedRun(reason: "no greeting in \(Self.noiseLimit) bytes") }
    line += part
    guard isWhole else { return }
    // What was said before without an end of line stands in front of it.
    hasGreeted = line.reversed().starts(with: greeting.reversed())
    line = []
  }

  private mutating func read(_ line: [UInt8]) throws(MalformedRun) -> Record? {
    let text = String(decoding: line.map { (32...126).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    let words = text.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
    switch words.first {
    case "ready" where words.count == 1: return .ready
    case "attached" where words.count == 1: return .attached
    case "alive" where words.count == 1: return .alive
    case "running" where words.count == 2: return .running(since: try Self.number(words[1]))
    case "cloud-init": return .cloudInit(try Self.cloudInit(Array(words.dropFirst())))
    case "o" where words.count == 3, "e" where words.count == 3:
      let offset = Int(try Self.number(words[1]))
      let count = Int(try Self.number(words[2]))
      guard count > 0 else { throw MalformedRun(reason: "an empty piece") }
      payload = (words[0] == "o" ? .output : .error, offset, count)
      return nil
    case "interrupted" where words.count == 2:
      isOver = true
      return .interrupted(try Self.interruption(words[1]))
    case "refused" where words.count >= 2:
      isOver = true
      return .refused(try Self.refusal(words[1], words.dropFirst(2).joined(separator: " ")))
    case "ended" where words.count == 9 && words[8] == ".":
      isOver = true
      return try ended(words)
    default: throw MalformedRun(reason: "\"\(text.prefix(80))\"")
    }
  }

  private func ended(_ words: [String]) throws(MalformedRun) -> Record {
    let value = try Self.number(words[2])
    let kills = Int(try Self.number(words[4]))
    let isFull = words[5] == "1"
    switch words[1] {
    case "missing": return .refused(.interpreterMissing(needed))
    case "full": return .refused(.diskFull)
    case "lost": return .interrupted(.statusUnreadable)
    default: break
    }
    guard let outcome = Self.outcome(words[1], value, kills) else {
      throw MalformedRun(reason: "an ending \"\(words[1].prefix(20))\"")
    }
    return .ended(
      Account(
        outcome: outcome, elapsedMs: try Self.number(words[3]), memoryKills: kills, wasDiskFull: isFull,
        totals: OutputOffsets(output: Int(try Self.number(words[6])), error: Int(try Self.number(words[7])))))
  }

  private static func outcome(_ kind: String, _ value: Int64, _ kills: Int) -> RunEnding.Outcome? {
    switch kind {
    case "exited" where (0...255).contains(value):
      value == 137 && kills > 0 ? .outOfMemory : .exited(Int32(value))
    case "signaled" where (1...127).contains(value):
      value == 9 && kills > 0 ? .outOfMemory : .signaled(signals[Int(value)] ?? "\(value)")
    case "timeout": .timedOut
    case "cancelled": .cancelled
    default: nil
    }
  }

  /// Linux, all architectures but MIPS, SPARC and Alpha: signal(7).
  private static let signals: [Int: String] = [
    1: "HUP", 2: "INT", 3: "QUIT", 4: "ILL", 5: "TRAP", 6: "ABRT", 7: "BUS", 8: "FPE", 9: "KILL", 10: "USR1",
    11: "SEGV", 12: "USR2", 13: "PIPE", 14: "ALRM", 15: "TERM", 16: "STKFLT", 24: "XCPU", 25: "XFSZ", 31: "SYS",
  ]

  private static func interruption(_ word: String) throws(MalformedRun) -> RunEnding.Interruption {
    switch word {
    case "rebooted": .rebooted
    case "vanished": .vanished
    case "killed": .supervisorKilled
    default: throw MalformedRun(reason: "an interruption \"\(word.prefix(20))\"")
    }
  }

  private static func refusal(_ word: String, _ text: String) throws(MalformedRun) -> RunEnding.Refusal {
    switch word {
    case "full": .diskFull
    case "folder": .folderRefused(text)
    case "cut": .cutOff
    default: throw MalformedRun(reason: "a refusal \"\(word.prefix(20))\"")
    }
  }

  private static func cloudInit(_ words: [String]) throws(MalformedRun) -> CloudInitReport {
    switch words.first {
    case "absent": return CloudInitReport(.absent)
    case "running": return CloudInitReport(.stillRunning)
    case "ended" where words.count >= 2:
      let code = try number(words[1])
      guard (0...255).contains(code) else { throw MalformedRun(reason: "an exit code \(code)") }
      return CloudInitReport(.ended(Int32(code)), status: String(words.dropFirst(2).joined(separator: " ").prefix(40)))
    default: throw MalformedRun(reason: "a report of cloud-init")
    }
  }

  /// A number of at most 15 digits.
  private static func number(_ word: String) throws(MalformedRun) -> Int64 {
    guard word.utf8.count <= 15, word.utf8.allSatisfy({ (48...57).contains($0) }), let value = Int64(word) else {
      throw MalformedRun(reason: "a number \"\(word.prefix(20))\"")
    }
    return value
  }
}

/// What a VM printed is no record of a run.
struct MalformedRun: Error, Sendable, Hashable {
  /// What it is.
  var reason: String
}
