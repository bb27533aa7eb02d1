import Foundation
import Plugins
import System
import Testing

@Suite struct StoreTests {
  /// A plugin folder and a store beside it.
  private struct Place {
    let root: String
    let folder: String
    init() throws {
      root = try temporaryDirectory()
      folder = root + "/plugins"
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    }
    func store(_ trust: TrustFiles = TrustFiles()) -> PluginStore {
      PluginStore(directory: root + "/store", trust: trust)
    }
    func put(_ name: String = "libA.so", extra: String = "") async throws -> PluginFile {
      let data = try Data(contentsOf: URL(filePath: try await TestPlugin.build())) + Data(extra.utf8)
      try data.write(to: URL(filePath: "\(folder)/\(name)"))
      chmod("\(folder)/\(name)", 0o644)
      return PluginFile(folder: folder, name: name)
    }
    func remove() { try? FileManager.default.removeItem(atPath: root) }
  }

  private func fault(_ body: () throws -> PluginImage) -> PluginStoreFault? {
    do {
      _ = try body()
      return nil
    } catch { return error as? PluginStoreFault }
  }

  @Test func `an admitted file is kept under its digest, and what happens to the file does not reach the copy`()
    async throws
  {
    let place = try Place()
    defer { place.remove() }
    let file = try await place.put()
    let image = try place.store().admit(file)
    #expect(image.path == "\(place.root)/store/\(image.sha256)/libA.so" && image.ids == nil)
    let before = try Data(contentsOf: URL(filePath: image.path))
    try Data().write(to: URL(filePath: file.path))
    #expect(try Data(contentsOf: URL(filePath: image.path)) == before)
    #expect(try place.store().recall(file, image.sha256) == image)
  }

  @Test func `a stored image that was damaged is not loaded`() async throws {
    let place = try Place()
    defer { place.remove() }
    let file = try await place.put()
    let image = try place.store().admit(file)
    chmod(image.path, 0o600)
    let handle = try #require(FileHandle(forWritingAtPath: image.path))
    try handle.seek(toOffset: 200)
    try handle.write(contentsOf: Data("damage".utf8))
    #expect(fault { try place.store().recall(file, image.sha256) }?.description.contains("is damaged") == true)
  }

  @Test func `a file that somebody still has open for writing is unfinished, whatever it holds`() async throws {
    let place = try Place()
    defer { place.remove() }
    let file = try await place.put()
    let writer = try #require(FileHandle(forUpdatingAtPath: file.path))
    let told = fault { try place.store().admit(file) }
    #expect(told?.kind == .unfinished && told?.description.contains("is being written; it is read again") == true)
    try writer.close()
    #expect(try place.store().admit(file).file == file)
  }

  @Test func `a half-written file is unfinished, not refused`() async throws {
    let place = try Place()
    defer { place.remove() }
    let file = try await place.put()
    let whole = try Data(contentsOf: URL(filePath: file.path))
    for size in [0, 30, whole.count / 2, whole.count - 1] {
      try whole.prefix(size).write(to: URL(filePath: file.path))
      #expect(fault { try place.store().admit(file) }?.kind == .unfinished, "\(size) bytes")
    }
    unlink(file.path)
    #expect(fault { try place.store().admit(file) }?.kind == .gone)
  }

  @Test func `files that others may write, links and foreign folders are refused with what to do`() async throws {
    let place = try Place()
    defer { place.remove() }
    let file = try await place.put()
    chmod(file.path, 0o664)
    #expect(
      fault { try place.store().admit(file) }?.description.contains("the file may be written by others (mode 664)")
        == true)
    chmod(file.path, 0o644)
    chmod(place.folder, 0o777)
    #expect(fault { try place.store().admit(file) }?.description.contains("chmod go-w") == true)
    chmod(place.folder, 0o755)
    symlink(file.path, "\(place.folder)/libLink.so")
    let link = PluginFile(folder: place.folder, name: "libLink.so")
    #expect(fault { try place.store().admit(link) }?.description.contains("is a link") == true)
    if geteuid() == 0 {
      chown(file.path, 1234, 1234)
      #expect(fault { try place.store().admit(file) }?.description.contains("belongs to user 1234") == true)
    }
  }

  @Test func `with pins only the pinned digests are let in, under their ids`() async throws {
    let place = try Place()
    defer { place.remove() }
    let file = try await place.put()
    let sha = try place.store().admit(file).sha256
    let pins = place.root + "/plugins.lock"
    let pinned = place.store(TrustFiles(pins: pins))
    #expect(
      fault { try pinned.admit(file) }?.description.contains("plugins.lock, which the configuration names") == true)
    try "# ours\ntest \(sha) # build 7\n".write(toFile: pins, atomically: true, encoding: .utf8)
    #expect(try pinned.admit(file).ids == ["test"])
    let other = try await place.put("libB.so", extra: "another build")
    #expect(fault { try pinned.admit(other) }?.description.contains("is not pinned") == true)
    try "test abc\n".write(toFile: pins, atomically: true, encoding: .utf8)
    #expect(fault { try pinned.admit(file) }?.description.contains("line 1 is not an id") == true)
  }

  @Test(arguments: ["sha256", "sha512"])
  func `with keys only files that ssh-keygen signed with one of them are let in`(hash: String) async throws {
    let place = try Place()
    defer { place.remove() }
    let file = try await place.put()
    for name in ["trusted", "other"] {
      #expect(
        try await run("/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "\(place.root)/\(name)")
          == .exited(0))
    }
    let store = place.store(TrustFiles(keys: "\(place.root)/trusted.pub"))
    #expect(fault { try store.admit(file) }?.description.contains("it is not signed") == true)
    func sign(_ key: String, _ namespace: String) async throws {
      unlink("\(file.path).sig")
      #expect(
        try await run(
          "/usr/bin/ssh-keygen", "-Y", "sign", "-q", "-f", "\(place.root)/\(key)", "-n", namespace, "-O",
          "hashalg=\(hash)",
          file.path) == .exited(0))
    }
    try await sign("trusted", "slipway-plugin")
    let image = try store.admit(file)
    #expect(try store.recall(file, image.sha256) == image, "the signature is kept with the image")
    try await sign("trusted", "git")
    #expect(fault { try store.admit(file) }?.description.contains("it is signed for \"git\"") == true)
    try await sign("other", "slipway-plugin")
    #expect(fault { try store.admit(file) }?.description.contains("none of the trusted keys") == true)
    try await sign("trusted", "slipway-plugin")
    _ = try await place.put(extra: "changed")
    #expect(fault { try store.admit(file) }?.description.contains("its signature is of other bytes") == true)
  }

  @Test func `records and quarantines are found again, and one that is damaged stops nothing`() throws {
    let place = try Place()
    defer { place.remove() }
    var record = PluginRecord(PluginFile(folder: place.folder, name: "libA.so"))
    record.switched(to: "aa")
    record.switched(to: "bb")
    try place.store().save(record)
    let entry = PluginQuarantine(
      sha256: "aa", plugin: "a", reason: "crashed", at: 1, end: "killed", calls: ["poll"], lines: ["x"])
    try place.store().save(entry)
    try "{".write(toFile: "\(place.root)/store/records/zz.json", atomically: true, encoding: .utf8)
    let stored = place.store().load()
    #expect(stored.records == ["\(place.folder)/libA.so": record] && stored.quarantine == ["aa": entry])
    #expect(stored.warnings.count == 1)
    place.store().forget(record.file)
    place.store().release("aa")
    #expect(place.store().load().records.isEmpty && place.store().load().quarantine.isEmpty)
  }

  @Test func `collection removes what nothing refers to, and what a killed host left behind`() async throws {
    let place = try Place()
    defer { place.remove() }
    let one = try place.store().admit(try await place.put())
    let two = try place.store().admit(try await place.put(extra: "2"))
    try "half".write(toFile: "\(place.root)/store/incoming.1.2", atomically: true, encoding: .utf8)
    #expect(place.store().collect(keeping: [two.sha256]) == [one.sha256])
    let left = try FileManager.default.contentsOfDirectory(atPath: "\(place.root)/store")
    #expect(left == [two.sha256])
  }

  @Test func `an installed file is in its folder whole, with its signature`() async throws {
    let place = try Place()
    defer { place.remove() }
    let file = try await place.put()
    let target = "\(place.root)/served"
    let installed = try place.store().install(file.path, into: target)
    #expect(installed.path == "\(target)/libA.so")
    #expect(FileManager.default.contentsEqual(atPath: file.path, andPath: installed.path))
    #expect(try FileManager.default.contentsOfDirectory(atPath: target) == ["libA.so"])
    // Where it came from may be a folder like /tmp.
    chmod(place.folder, 0o1777)
    #expect(try place.store().install(file.path, into: target).path == installed.path)
    try Data("text".utf8).write(to: URL(filePath: file.path))
    #expect(throws: PluginStoreFault.self) { try place.store().install(file.path, into: target) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: target) == ["libA.so"])
    #expect(throws: PluginStoreFault.self) { try place.store().install("relative.so", into: target) }
  }
}

/// Runs a program to its end without blocking a thread that tests run on.
func run(_ program: String, _ arguments: String...) async throws -> System.ExitStatus {
  let child = try SpawnPlan(program: .path(program), arguments: [program] + arguments).spawn()
  let reactor = try Reactor(name: "run")
  defer { reactor.stop() }
  return try await withCheckedThrowingContinuation { continuation in
    do { try child.onExit(reactor) { continuation.resume(returning: $0) } } catch {
      continuation.resume(throwing: error)
    }
  }
}
