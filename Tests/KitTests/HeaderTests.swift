import Foundation
import PluginMessages
import Testing

@testable import PluginKit

@Suite struct HeaderTests {
  @Test(arguments: [["gcc", "-std=c99", "-x", "c"], ["g++", "-std=c++11", "-x", "c++"]])
  func `The header compiles alone, without a warning`(compiler: [String]) throws {
    let folder = try Repository.scratch()
    defer { try? FileManager.default.removeItem(at: folder) }
    let source = folder.appendingPathComponent("alone.c")
    try "#include \"slipway_plugin.h\"\nint main(void) { return 0; }\n"
      .write(to: source, atomically: true, encoding: .utf8)
    let include = Repository.root.appendingPathComponent("Sources/PluginABI/include").path
    let result = try Repository.run(
      compiler[0],
      compiler.dropFirst() + [
        "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-I", include, source.path,
      ])
    #expect(result.status == 0, "\(result.output)")
  }

  @Test func `Every failure code has the header's number`() throws {
    let header = try Repository.text("Sources/PluginABI/include/slipway_plugin.h")
    for code in FailureCode.allCases {
      #expect(Self.number(code.name, in: header) == Int64(code.rawValue), "\(code.name)")
    }
  }

  @Test func `The kit's numbers are the header's`() throws {
    let header = try Repository.text("Sources/PluginABI/include/slipway_plugin.h")
    #expect(Self.number("ABI_MAJOR", in: header) == Int64(ABINumbers.major))
    #expect(Self.number("ABI_MINOR", in: header) == Int64(ABINumbers.minor))
    #expect(Self.number("STATUS_OK", in: header) == Int64(ABINumbers.statusOK))
    #expect(Self.number("STATUS_CLOSED", in: header) == Int64(ABINumbers.statusClosed))
    #expect(Self.number("STATUS_TOO_BIG", in: header) == Int64(ABINumbers.statusTooBig))
    #expect(Self.number("HTTP_NOT_SENT", in: header) == Int64(ABINumbers.notSent))
    #expect(Self.number("HTTP_SENT_NO_ANSWER", in: header) == Int64(ABINumbers.sentNoAnswer))
    #expect(Self.number("HTTP_ANSWERED", in: header) == Int64(ABINumbers.answered))
  }

  /// The number in `#define SLIPWAY_<name> INT32_C(<number>)`.
  private static func number(_ name: String, in header: String) -> Int64? {
    guard let start = header.range(of: "#define SLIPWAY_\(name) ") else { return nil }
    let line = header[start.upperBound...].prefix { $0 != "\n" }
    guard let open = line.firstIndex(of: "("), let close = line.firstIndex(of: ")") else { return nil }
    return Int64(line[line.index(after: open)..<close])
  }
}
