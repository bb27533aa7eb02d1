/// A recipe's script as it goes to a VM: normalized, with the program that runs it.
///
/// A byte-order mark is taken away. Where every line ends in CRLF the ends become LF; a text with both kinds is left as
/// it is. Nothing else is changed: the bytes need not be text.
package struct RunBody: Sendable, Hashable {
  /// The most that a script may have as it was written, bytes.
  package static let limit = 65_536

  /// Why a script cannot be run anywhere.
  package enum Problem: Error, Sendable, Hashable, CustomStringConvertible {
    /// It has no byte.
    case empty
    /// It has this many bytes.
    case tooBig(Int)
    /// The first line names this, which is no absolute path of a program.
    case badInterpreter(String)

    /// For people.
    package var description: String {
      switch self {
      case .empty: "the script is empty"
      case .tooBig(let count):
        "the script has \(count) bytes; it may have \(RunBody.limit). Fetch what is big with it"
      case .badInterpreter(let text):
        "the first line names \(text), which is no absolute path of a program; expected for example #!/bin/bash"
      }
    }
  }

  /// The script, normalized.
  package let bytes: [UInt8]
  /// The program and, where the first line has one, its argument, as Linux reads it: all after the first blank is one.
  package let interpreter: [String]

  /// Reads a script.
  package init(_ source: [UInt8]) throws(Problem) {
    guard source.count <= Self.limit else { throw .tooBig(source.count) }
    let bytes = Self.normalized(source)
    guard !bytes.isEmpty else { throw .empty }
    self.bytes = bytes
    interpreter = try Self.interpreter(of: bytes)
  }

  /// What has to be on the VM for it to run: a path, or the name of a program that `env` looks for.
  package var needed: String {
    if interpreter.count == 2, interpreter[0].hasSuffix("/env"), !interpreter[1].hasPrefix("-"),
      let name = interpreter[1].split(separator: " ").first, !name.contains("=")
    {
      return String(name)
    }
    return interpreter[0]
  }

  private static let carriageReturn = UInt8(ascii: "\r")
  private static let newline = UInt8(ascii: "\n")

  private static func normalized(_ source: [UInt8]) -> [UInt8] {
    let bytes = source.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(source.dropFirst(3)) : source
    var ends = 0
    var pairs = 0
    var last: UInt8 = 0
    for byte in bytes {
      if byte == newline {
        ends += 1
        if last == carriageReturn { pairs += 1 }
      }
      last = byte
    }
    guard ends > 0, pairs == ends else { return bytes }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    for byte in bytes {
      if byte == newline, result.last == carriageReturn { result.removeLast() }
      result.append(byte)
    }
    return result
  }

  private static func interpreter(of bytes: [UInt8]) throws(Problem) -> [String] {
    guard bytes.starts(with: Array("#!".utf8)) else { return ["/bin/sh"] }
    let line = bytes.dropFirst(2).prefix { $0 != newline && $0 != carriageReturn }
    let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    let text = line.drop(while: isBlank)
    let path = text.prefix { !isBlank($0) }
    let argument = text.dropFirst(path.count).drop(while: isBlank).reversed().drop(while: isBlank).reversed()
    guard path.first == UInt8(ascii: "/"), path.count > 1, line.count <= 253, !line.contains(0),
      let program = String(validating: path, as: UTF8.self), let rest = String(validating: argument, as: UTF8.self)
    else {
      let shown = line.prefix(80).map { (32...126).contains($0) ? $0 : UInt8(ascii: "?") }
      throw .badInterpreter(shown.isEmpty ? "nothing" : String(decoding: shown, as: UTF8.self))
    }
    return rest.isEmpty ? [program] : [program, rest]
  }
}
