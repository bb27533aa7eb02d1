/// Takes secrets out of a stream of bytes, however it is cut into pieces; pure.
///
/// Every byte that is part of an occurrence of any secret, also of overlapping ones, is left out; a run of such bytes becomes
/// one `mark`. Of a secret of several lines, each line of at least `leastLine` bytes counts as a secret too, since programs
/// print lines. A secret that is printed in another form (base 64, escaped) is not found. At most the longest secret's bytes
/// are held back until more comes or `finish` is called.
///
/// Source: Aho and Corasick, "Efficient String Matching" (1975).
package struct Redactor: Sendable {
  /// What stands in place of secrets.
  package static let mark = Array("[redacted]".utf8)
  /// The shortest line of a secret of several lines that is looked for alone.
  package static let leastLine = 8

  /// Children by state and byte, in one table: `state << 8 | byte`.
  private var edges: [UInt32: UInt32] = [:]
  /// The state of the longest proper suffix that is a beginning of a secret.
  private var fallback: [UInt32] = [0]
  /// Bytes of the way from the root.
  private var depth: [Int] = [0]
  /// Bytes of the longest secret that ends in the state; 0: none.
  private var ending: [Int] = [0]
  /// Whether a secret begins with the byte.
  private var begins = [Bool](repeating: false, count: 256)

  private var state: UInt32 = 0
  /// Bytes that may be part of a secret, and whether they are known to be.
  private var held: [UInt8] = []
  private var hidden: [Bool] = []
  private var isInRun = false

  /// Makes a redactor; empty secrets hide nothing.
  package init(_ secrets: [[UInt8]]) {
    for secret in secrets {
      add(secret)
      let lines = secret.split(whereSeparator: { $0 == 10 || $0 == 13 })
      guard lines.count > 1 else { continue }
      for line in lines where line.count >= Self.leastLine { add(Array(line)) }
    }
    link()
  }

  /// Gives what can be said of the stream up to now.
  package mutating func feed(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(bytes.underestimatedCount)
    for byte in bytes {
      if state == 0 && !begins[Int(byte)] {
        // Nothing is held in the root.
        isInRun = false
        output.append(byte)
        continue
      }
      step(byte)
      held.append(byte)
      hidden.append(false)
      let match = ending[Int(state)]
      for index in held.count - min(match, held.count)..<held.count { hidden[index] = true }
      // A later match reaches back no further than the beginning that the state stands for.
      release(held.count - depth[Int(state)], into: &output)
    }
    return output
  }

  /// Bytes that are held back.
  package var heldBytes: Int { held.count }

  /// Gives what was held back; the stream has ended. The redactor can be used for another stream then.
  package mutating func finish() -> [UInt8] {
    var output: [UInt8] = []
    release(held.count, into: &output)
    state = 0
    isInRun = false
    return output
  }

  private mutating func release(_ count: Int, into output: inout [UInt8]) {
    guard count > 0 else { return }
    for index in 0..<count {
      if hidden[index] {
        if !isInRun { output += Self.mark }
        isInRun = true
      } else {
        output.append(held[index])
        isInRun = false
      }
    }
    held.removeFirst(count)
    hidden.removeFirst(count)
  }

  private mutating func step(_ byte: UInt8) {
    while true {
      if let next = edges[state << 8 | UInt32(byte)] {
        state = next
        return
      }
      guard state != 0 else { return }
      state = fallback[Int(state)]
    }
  }

  private mutating func add(_ secret: [UInt8]) {
    guard let first = secret.first else { return }
    begins[Int(first)] = true
    var at: UInt32 = 0
    for byte in secret {
      let key = at << 8 | UInt32(byte)
      if let next = edges[key] {
        at = next
        continue
      }
      let next = UInt32(truncatingIfNeeded: depth.count)
      edges[key] = next
      depth.append(depth[Int(at)] + 1)
      fallback.append(0)
      ending.append(0)
      at = next
    }
    ending[Int(at)] = secret.count
  }

  /// Sets the fallbacks, by depth.
  private mutating func link() {
    let inOrder = edges.sorted { depth[Int($0.value)] < depth[Int($1.value)] }
    for (key, child) in inOrder {
      let parent = key >> 8
      let byte = key & 0xff
      guard parent != 0 else { continue }
      var at = fallback[Int(parent)]
      while at != 0 && edges[at << 8 | byte] == nil { at = fallback[Int(at)] }
      fallback[Int(child)] = edges[at << 8 | byte] ?? 0
      ending[Int(child)] = max(ending[Int(child)], ending[Int(fallback[Int(child)])])
    }
  }
}
