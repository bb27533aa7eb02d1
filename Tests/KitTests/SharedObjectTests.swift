import Foundation
import Testing

@Suite struct SharedObjectTests {
  @Test(arguments: ["libHetzner.so"])
  func `A built plugin exports exactly one symbol`(name: String) throws {
    let file = try Repository.built(name)
    try #require(FileManager.default.fileExists(atPath: file.path), "\(file.path) was not built")
    let result = try Repository.run("nm", ["-D", "--defined-only", file.path])
    #expect(result.status == 0)
    let names = result.output.split(separator: "\n").compactMap { $0.split(separator: " ").last }
    #expect(names == ["slipway_plugin_entry"])
  }

  @Test(arguments: ["libHetzner.so"])
  func `A built plugin needs no library that does networking`(name: String) throws {
    let result = try Repository.run("readelf", ["-d", try Repository.built(name).path])
    for library in ["curl", "ssl", "FoundationNetworking", "libFoundation.so", "dispatch"] {
      #expect(!result.output.contains("[lib\(library)") && !result.output.contains("[\(library)"), "\(library)")
    }
  }
}
