package import Control
import FoundationEssentials

/// What a recipe wrote, made ready for its reader chunk by chunk; pure.
package struct LogPrinter: Sendable {
  private let times: Bool
  private let plain: Bool
  private let only: String?
  private var ends: [String: Int64] = [:]
  private var isWithinLine: Set<String> = []

  /// Makes a printer at the beginning of a log. `times`: the time before each line; `plain`: without control characters
  /// but for tabs and line ends, because a terminal obeys them; `only`: the stream that is wanted, nil for both.
  package init(times: Bool, plain: Bool, only: String? = nil) {
    self.times = times
    self.plain = plain
    self.only = only
  }

  /// A line for people where something was left out before this chunk.
  package mutating func gap(before chunk: LogChunkView) -> String? {
    defer { ends[chunk.stream] = chunk.last }
    let missing = chunk.first - (ends[chunk.stream] ?? 0)
    return missing > 0 ? "note: \(missing) bytes of \(chunk.stream) are not kept\n" : nil
  }

  /// What is to be written of a chunk.
  package mutating func bytes(of chunk: LogChunkView) -> [UInt8] {
    var bytes =
      chunk.text.map { Array($0.utf8) } ?? chunk.base64.flatMap { Data(base64Encoded: $0) }.map { Array($0) } ?? []
    if plain { bytes = Self.plain(bytes) }
    return times ? timed(bytes, chunk) : bytes
  }

  private static func plain(_ bytes: [UInt8]) -> [UInt8] {
    let text = String(decoding: bytes, as: UTF8.self).unicodeScalars.filter {
      $0 == "\n" || $0 == "\t" || !($0.properties.generalCategory == .control)
    }
    return Array(String(String.UnicodeScalarView(text)).utf8)
  }

  private mutating func timed(_ bytes: [UInt8], _ chunk: LogChunkView) -> [UInt8] {
    let mark = Array("\(chunk.at) \(only == nil ? "\(chunk.stream) " : "")".utf8)
    var shown: [UInt8] = []
    for byte in bytes {
      if isWithinLine.insert(chunk.stream).inserted { shown += mark }
      shown.append(byte)
      if byte == UInt8(ascii: "\n") { isWithinLine.remove(chunk.stream) }
    }
    return shown
  }
}
