import EvilPlugins
import Foundation
import Testing
import Wire

@Suite struct `Handshake` {
  @Test func `a good plugin gets HELLO and READY with everything the host needs to know`() throws {
    let worker = try WorkerProcess(arguments: [EvilPlugin.echo()])
    let hello = try worker.next(SLIPWAY_WIRE_HELLO)
    #expect(hello.u32(0) == SLIPWAY_WIRE_VERSION)
    #expect(hello.u32(4) == UInt32(worker.pid))
    #expect(hello.payload.count == 12 + Int(SLIPWAY_PART_COUNT))
    for part in 0..<Int(SLIPWAY_PART_COUNT) where SLIPWAY_PARTS_ALWAYS & (1 << UInt32(part)) != 0 {
      #expect(hello.payload[12 + part] == 0, "part \(part)")
    }
    let ready = try worker.next(SLIPWAY_WIRE_READY)
    #expect((0..<3).map { ready.u32($0 * 4) } == [0x1_0000, 0x1_0000, 0x1_0000])
    #expect(ready.u32(12) == 0b0_1111_1111, "every verb but power")
    #expect(ready.text(from: 24) == #"evil1.0.0{"id":"evil","name":"Evil","version":"1.0.0"}"#)
    #expect(ready.u32(16) == 4 && ready.u32(20) == 5)
  }

  @Test func `a plugin with a later and longer table is accepted`() throws {
    _ = try WorkerProcess(plugin: EvilPlugin.build("table", "LONGER_TABLE"))
  }

  @Test func `a manifest of 256 KiB is accepted`() throws {
    _ = try WorkerProcess(plugin: EvilPlugin.build("table", "FULL_MANIFEST"))
  }

  @Test(arguments: [
    ("REFUSES", SLIPWAY_REFUSED_BY_PLUGIN, "this plugin needs a newer moon"),
    ("NULL_TABLE", SLIPWAY_REFUSED_NULL, "returned NULL from slipway_plugin_entry, expected its table"),
    ("SHORT_TABLE", SLIPWAY_REFUSED_TABLE, "struct_size 12; expected 48 to 65536"),
    ("TRUNCATED_TABLE", SLIPWAY_REFUSED_TABLE, "struct_size 64; expected"),
    ("HUGE_TABLE", SLIPWAY_REFUSED_TABLE, "struct_size 4294967295"),
    ("NEWER", SLIPWAY_REFUSED_ABI, "speaks plugin ABI 7.3 to 7.3 and chose 7.3; this host speaks 1.0 to 1.0"),
    ("OLDER", SLIPWAY_REFUSED_ABI, "speaks plugin ABI 0.0 to 0.0 and chose 0.0; this host speaks 1.0 to 1.0"),
    ("UPSIDE_DOWN", SLIPWAY_REFUSED_ABI, "speaks plugin ABI 1.1 to 1.0 and chose"),
    ("CHOSEN_OUTSIDE", SLIPWAY_REFUSED_ABI, "and chose 1.1; this host speaks 1.0 to 1.0"),
    ("NO_MANIFEST", SLIPWAY_REFUSED_TABLE, "a table whose manifest has 0 bytes; expected 1 to 262144"),
    ("LARGE_MANIFEST", SLIPWAY_REFUSED_TABLE, "a table whose manifest has 262145 bytes; expected 1 to 262144"),
    ("UNDEFINED", SLIPWAY_REFUSED_DLOPEN, "undefined symbol: nobody_defines_this"),
  ])
  func `a wrong table is refused with expected and found`(macro: String, reason: Int32, words: String) throws {
    let worker = try WorkerProcess(arguments: [EvilPlugin.build("table", macro)])
    let refused = try worker.next(SLIPWAY_WIRE_REFUSED)
    #expect(refused.u32(0) == UInt32(reason))
    #expect(refused.text(from: 12).contains(words))
    if macro == "NEWER" { #expect(refused.u32(4) == 7 << 16 | 3 && refused.u32(8) == 7 << 16 | 3) }
    #expect(try worker.ended() == .init(status: 0, errors: ""))
  }

  @Test func `a shared object without the symbol is refused`() throws {
    let worker = try WorkerProcess(arguments: [EvilPlugin.build("nosymbol")])
    let refused = try worker.next(SLIPWAY_WIRE_REFUSED)
    #expect(refused.u32(0) == UInt32(SLIPWAY_REFUSED_NO_SYMBOL))
    #expect(refused.text(from: 12).contains("expected a shared object that exports slipway_plugin_entry"))
  }

  @Test func `a file that is no shared object is refused in words that name it`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "slipway-worker-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data("I am no plugin\n".utf8).write(to: folder.appending(path: "text.so"))
    for (name, words) in [("text.so", "invalid ELF header"), ("missing.so", "No such file")] {
      let file = folder.path + "/" + name
      let worker = try WorkerProcess(arguments: [file])
      let refused = try worker.next(SLIPWAY_WIRE_REFUSED)
      #expect(refused.u32(0) == UInt32(SLIPWAY_REFUSED_DLOPEN))
      let text = refused.text(from: 12)
      #expect(text.hasPrefix("\(file) cannot be loaded: expected a whole ELF shared object for this machine"))
      #expect(text.contains(words) || text.contains("file too short"), "\(text)")
      #expect(try worker.ended().status == 0)
    }
  }

  @Test func `a plugin that crashes in entry is seen as death by signal`() throws {
    let worker = try WorkerProcess(arguments: [EvilPlugin.build("table", "CRASHES")])
    _ = try worker.next(SLIPWAY_WIRE_HELLO)
    #expect(try worker.ended().signal == SIGSEGV)
  }

  @Test func `the host can leave while a constructor hangs`() throws {
    let worker = try WorkerProcess(arguments: [EvilPlugin.build("slow")])
    _ = try worker.next(SLIPWAY_WIRE_HELLO)
    worker.hangUp()
    #expect(try worker.ended() == .init(status: 0, errors: ""))
  }

  @Test func `a slow constructor only makes READY late`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.build("slow", "SECONDS=1"))
    try worker.send(.call(1, "{}"))
    #expect(try worker.answer(1).isKind(SLIPWAY_WIRE_FAIL))
  }

  @Test func `a wrong invocation ends with status 64 and says how to do it`() throws {
    for arguments in [[], ["plugin.so"], ["./a.so", "./b.so"]] {
      let end = try WorkerProcess(arguments: arguments).ended()
      #expect(end.status == 64)
      #expect(end.errors.contains("PATH/PLUGIN.so, one path that holds"))
    }
    let end = try WorkerProcess(arguments: ["./a.so"], socketType: Int32(SOCK_DGRAM.rawValue)).ended()
    #expect(end.status == 64)
    #expect(end.errors.contains("descriptor 3 is not a stream socket"))
  }
}
