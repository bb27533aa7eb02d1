import Crypto
import Foundation
import Testing

@Suite struct SealingKeyFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func `the first use makes a key of mode 0600, the next uses the same`() throws {
    let file = SealingKeyFile(path: folder.file("key"))
    let first = try file.loadOrCreate()
    let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    #expect(attributes[.size] as? Int == 32)
    #expect(try file.loadOrCreate().id == first.id)
    #expect(try file.load().id == first.id)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["key"])
  }

  @Test func `many first uses at once agree on one key`() async throws {
    let file = SealingKeyFile(path: folder.file("key"))
    let ids = try await withThrowingTaskGroup(of: SealingKey.ID.self) { group in
      for _ in 0..<16 { group.addTask { try file.loadOrCreate().id } }
      return try await group.reduce(into: Set()) { $0.insert($1) }
    }
    #expect(ids.count == 1)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["key"])
  }

  @Test func `loading a key that is not there says so and makes none`() throws {
    let file = SealingKeyFile(path: folder.file("key"))
    #expect(throws: CryptoFailure.keyFile(path: file.path, operation: "open", errno: ENOENT)) { try file.load() }
    #expect(!FileManager.default.fileExists(atPath: file.path))
  }

  @Test(arguments: [0o640, 0o604, 0o660, 0o666, 0o644]) func `a key that others may read is refused`(mode: Int) throws {
    let path = try folder.write("key", try RandomBytes.make(32), mode: mode)
    let found = "mode 0\(String(mode, radix: 8))"
    #expect(throws: CryptoFailure.keyFileRefused(path: path, expected: "mode 0600", found: found)) {
      try SealingKeyFile(path: path).loadOrCreate()
    }
  }

  @Test func `a systemd credential may be readable by its group, and no one else`() throws {
    let path = try folder.write("credential", try RandomBytes.make(32), mode: 0o440)
    _ = try SealingKeyFile(credentialPath: path).load()
    let open = try folder.write("open", try RandomBytes.make(32), mode: 0o444)
    #expect(throws: CryptoFailure.self) { try SealingKeyFile(credentialPath: open).load() }
  }

  @Test func `hexadecimal digits are the same key as the bytes`() throws {
    let raw = try RandomBytes.make(32)
    let binary = try SealingKeyFile(path: folder.write("raw", raw)).load()
    let text = try SealingKeyFile(path: folder.write("hex", Array("\(Hex.encode(raw))\n".utf8))).load()
    #expect(binary.id == text.id)
  }

  @Test(arguments: [0, 1, 31, 33, 64, 65, 66, 128]) func `a file that holds no key is refused`(count: Int) throws {
    let path = try folder.write("key", [UInt8](repeating: UInt8(ascii: "g"), count: count))
    #expect(throws: CryptoFailure.self) { try SealingKeyFile(path: path).loadOrCreate() }
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count == count)
  }

  @Test func `a symbolic link, a folder and a pipe are refused without waiting`() throws {
    let target = try folder.write("target", try RandomBytes.make(32))
    try FileManager.default.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: target)
    try FileManager.default.createDirectory(atPath: folder.file("folder"), withIntermediateDirectories: false)
    #expect(mkfifo(folder.file("pipe"), 0o600) == 0)
    for name in ["link", "folder", "pipe"] {
      #expect(throws: CryptoFailure.self, "\(name)") { try SealingKeyFile(path: folder.file(name)).loadOrCreate() }
    }
  }

  @Test func `a missing folder is named`() throws {
    let path = folder.file("none/key")
    #expect(throws: CryptoFailure.keyFile(path: path, operation: "create", errno: ENOENT)) {
      try SealingKeyFile(path: path).loadOrCreate()
    }
  }
}
