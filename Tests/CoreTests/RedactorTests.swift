import Core
import Model
import Testing

@Suite struct RedactorTests {
  private func redacted(_ text: String, _ secrets: String..., pieces: Int = .max) -> String {
    var redactor = Redactor(secrets.map { Array($0.utf8) })
    var output: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      output += redactor.feed(rest.prefix(pieces))
      rest = rest.dropFirst(pieces)
    }
    return String(decoding: output + redactor.finish(), as: UTF8.self)
  }

  @Test func `secrets are taken out, however the stream is cut`() {
    for pieces in 1...40 {
      #expect(
        redacted("pw=hunter2, again hunter2hunter2!", "hunter2", pieces: pieces) == "pw=[redacted], again [redacted]!")
      #expect(redacted("abcdef", "abcd", "cdef", pieces: pieces) == "[redacted]")
      #expect(redacted("ababab", "abab", pieces: pieces) == "[redacted]")
      #expect(redacted("hunter", "hunter2", pieces: pieces) == "hunter")
      #expect(redacted("first-line\nx\n", "first-line\nsecond-line", pieces: pieces) == "[redacted]\nx\n")
    }
    #expect(redacted("all", "") == "all" && redacted("all") == "all")
  }

  @Test func `it agrees with a search of the whole text`() {
    var random = Randomness(seed: 11)
    func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 97...98, using: &random) } }
    for _ in 0..<3_000 {
      let secrets = (0..<Int.random(in: 1...3, using: &random)).map { _ in bytes(Int.random(in: 1...6, using: &random))
      }
      let text = bytes(Int.random(in: 0...40, using: &random))
      var isHidden = [Bool](repeating: false, count: text.count)
      for secret in secrets where secret.count <= text.count {
        for start in 0...(text.count - secret.count) where Array(text[start..<start + secret.count]) == secret {
          for index in start..<start + secret.count { isHidden[index] = true }
        }
      }
      var expected: [UInt8] = []
      for (index, byte) in text.enumerated() {
        if !isHidden[index] {
          expected.append(byte)
        } else if index == 0 || !isHidden[index - 1] {
          expected += Redactor.mark
        }
      }
      var redactor = Redactor(secrets)
      var output: [UInt8] = []
      var rest = text[...]
      while !rest.isEmpty {
        let count = Int.random(in: 1...8, using: &random)
        output += redactor.feed(rest.prefix(count))
        rest = rest.dropFirst(count)
      }
      output += redactor.finish()
      #expect(output == expected, "\(secrets) in \(text)")
    }
  }
}

@Suite struct LineDiffTests {
  @Test func `a change is shown as diff -u shows it`() {
    let diff = LineDiff(from: Array("a\nb\nc\n".utf8), to: Array("a\nx\nc\nd".utf8))
    #expect(
      diff.unified(from: "web@1", to: "web@2")
        == "--- web@1\n+++ web@2\n@@ -1,3 +1,4 @@\n a\n-b\n+x\n c\n+d\n\\ No newline at end of file\n")
    #expect(LineDiff(from: [97], to: [97]).unified(from: "a", to: "b") == "")
  }

  @Test func `both texts can be read from it, and it is as short as can be`() {
    var random = Randomness(seed: 5)
    for _ in 0..<1_000 {
      func text() -> [String] {
        (0..<Int.random(in: 0...12, using: &random)).map { _ in "\(Int.random(in: 0...3, using: &random))" }
      }
      let (old, new) = (text(), text())
      let diff = LineDiff(old, new)
      #expect(diff.lines.compactMap { if case .added = $0 { nil } else { Self.text($0) } } == old)
      #expect(diff.lines.compactMap { if case .removed = $0 { nil } else { Self.text($0) } } == new)
      #expect(diff.added + diff.removed == old.count + new.count - 2 * Self.common(old, new), "\(old) \(new)")
    }
  }

  @Test func `texts without anything in common are told apart in time`() {
    let old = (0..<30_000).map { "a\($0)" }
    let new = (0..<30_000).map { "b\($0)" }
    let diff = LineDiff(old, new)
    #expect(diff.added == 30_000 && diff.removed == 30_000)
  }

  private static func text(_ line: LineDiff.Line) -> String {
    switch line {
    case .same(let text), .added(let text), .removed(let text): text
    }
  }

  private static func common(_ a: [String], _ b: [String]) -> Int {
    var row = [Int](repeating: 0, count: b.count + 1)
    for x in a {
      var next = [0]
      for (j, y) in b.enumerated() { next.append(x == y ? row[j] + 1 : max(row[j + 1], next[j])) }
      row = next
    }
    return row.last ?? 0
  }
}
