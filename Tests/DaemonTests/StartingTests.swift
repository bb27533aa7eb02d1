import Crypto
import Daemon
import Foundation
import Testing

/// What a start refuses, and that it leaves things as they were.
@Suite struct StartingTests {
  private let folder = FileManager.default.temporaryDirectory.appending(
    path: "slipway-starting-\(UUID().uuidString.prefix(8).lowercased())"
  ).path

  private func make(mode: Int) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: folder)
  }

  @Test func `a sealing key that is gone is not replaced by another one`() throws {
    try make(mode: 0o700)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = "\(folder)/seal.key"
    let first = try DaemonHost.sealingKey(path, isFirst: true)
    #expect(try DaemonHost.sealingKey(path, isFirst: false).id == first.id)
    try FileManager.default.removeItem(atPath: path)
    let refusal = #expect(throws: HostStartError.self) { try DaemonHost.sealingKey(path, isFirst: false) }
    #expect(refusal?.description.contains("\(path) is gone") == true)
    #expect(refusal?.remedy.contains("from a backup") == true)
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test(arguments: [0o777, 0o770, 0o702])
  func `a state directory that others may write is refused, and left alone`(mode: Int) throws {
    try make(mode: mode)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let refusal = #expect(throws: HostStartError.self) { try DaemonHost.requireOwn(folder) }
    #expect(refusal?.found.contains("mode \(String(mode, radix: 8))") == true)
    #expect(refusal?.expected.contains("mode 700") == true)
    #expect(refusal?.remedy.contains("chmod 700 \(folder)") == true)
    let facts = try FileManager.default.attributesOfItem(atPath: folder)
    #expect(facts[.posixPermissions] as? Int == mode)
  }

  @Test func `an SSH program that is none is refused`() throws {
    try make(mode: 0o700)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (plain, program) = ("\(folder)/plain", "\(folder)/program")
    for (path, mode) in [(plain, 0o600), (program, 0o700)] {
      try Data("x".utf8).write(to: URL(filePath: path))
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }
    for path in [plain, folder, "\(folder)/none"] {
      let refusal = #expect(throws: HostStartError.self) { try DaemonHost.checkSSH(path) }
      #expect(refusal?.description.contains(path) == true)
      #expect(refusal?.remedy.contains("`ssh`") == true)
    }
    try DaemonHost.checkSSH(program)
  }

  @Test(arguments: [0o700, 0o750, 0o755])
  func `one that others may only read is taken`(mode: Int) throws {
    try make(mode: mode)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try DaemonHost.requireOwn(folder)
  }
}
