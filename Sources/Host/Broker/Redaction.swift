import Glibc

/// Takes secrets out of what is recorded; pure.
package enum Redaction {
  private static let mark = Array("\"[redacted]\"".utf8)
  private static let words = [
    "password", "passwd", "secret", "token", "private_key", "privatekey", "user_data", "userdata", "credential",
    "api_key", "apikey", "kubeconfig",
  ].map { Array($0.utf8) }

  /// Replaces the value of every JSON member whose name speaks of a secret, at any depth. Works on a cut-off text too:
  /// a value without an end is taken out to the end.
  package static func redacted(_ json: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(json.count)
    var index = 0
    while index < json.count {
      guard json[index] == UInt8(ascii: "\"") else {
        result.append(json[index])
        index += 1
        continue
      }
      let end = endOfString(json, from: index)
      result += json[index..<end]
      var next = skipSpace(json, from: end)
      if next < json.count, json[next] == UInt8(ascii: ":"), isSecretName(json[index..<end]) {
        next = skipSpace(json, from: next + 1)
        result += [UInt8(ascii: ":")] + mark
        index = endOfValue(json, from: next)
      } else {
        index = end
      }
    }
    return result
  }

  /// Replaces each occurrence of a secret of at least 8 bytes with asterisks of the same length.
  package static func scrub(_ secret: UnsafeRawBufferPointer, from bytes: inout [UInt8]) {
    guard secret.count >= 8, let first = secret.first else { return }
    bytes.withUnsafeMutableBytes { text in
      guard let base = text.baseAddress else { return }
      var start = 0
      while start + secret.count <= text.count,
        let hit = memchr(base + start, Int32(first), text.count - secret.count + 1 - start)
      {
        let offset = UnsafeRawPointer(base).distance(to: UnsafeRawPointer(hit))
        let found = UnsafeMutableRawBufferPointer(rebasing: text[offset..<(offset + secret.count)])
        if found.elementsEqual(secret) {
          for index in found.indices { found[index] = UInt8(ascii: "*") }
          start = offset + secret.count
        } else {
          start = offset + 1
        }
      }
    }
  }

  private static func isSecretName(_ name: ArraySlice<UInt8>) -> Bool {
    let lower = name.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
    return words.contains { word in
      lower.count >= word.count
        && (0...(lower.count - word.count)).contains { lower[$0..<($0 + word.count)].elementsEqual(word) }
    }
  }

  private static func skipSpace(_ json: [UInt8], from start: Int) -> Int {
    var index = start
    while index < json.count, [0x20, 0x09, 0x0a, 0x0d].contains(json[index]) { index += 1 }
    return index
  }

  /// Index after the closing quote of the string that begins at `start`, or the end of the text.
  private static func endOfString(_ json: [UInt8], from start: Int) -> Int {
    var index = start + 1
    while index < json.count, json[index] != UInt8(ascii: "\"") {
      index += json[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    return min(index + 1, json.count)
  }

  private static func endOfValue(_ json: [UInt8], from start: Int) -> Int {
    var index = start
    var depth = 0
    while index < json.count {
      switch json[index] {
      case UInt8(ascii: "\""):
        index = endOfString(json, from: index)
        if depth == 0 { return index }
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 0 { return index }
        depth -= 1
        if depth == 0 { return index + 1 }
      case UInt8(ascii: ","):
        if depth == 0 { return index }
      default:
        break
      }
      index += 1
    }
    return json.count
  }
}
