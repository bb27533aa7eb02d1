import EvilPlugins
import Foundation
import Testing
import Wire

/// What `tries.c` may come to on this machine. Where a part of the sandbox is missing, the claims that stand on it
/// alone are left out, and the test says so.
private struct Expectations {
  let hello: Message

  func has(_ part: Int32) -> Bool { hello.payload[12 + Int(part)] == 0 }

  /// Claims that Landlock alone makes: seccomp sees no paths.
  static let ofLandlock: Set<String> = ["read passwd", "read shadow", "read a file", "list"]
  /// Refused with another error than EPERM.
  static let others: [String: Set<String>] = [
    "read passwd": ["EACCES"], "read shadow": ["EACCES", "ENOENT"], "read a file": ["EACCES"], "list": ["EACCES"],
    "clone3": ["ENOSYS"], "terminal": ["ENOTTY"], "typing into a terminal": ["ENOTTY"],
    "read mem": ["EACCES", "EPERM"], "read environ": ["EACCES", "EPERM"], "read maps": ["EACCES", "EPERM"],
    "read auxv": ["EACCES", "EPERM"],
    // Told in the threat model: command lines are not secret.
    "read cmdline": ["done"],
  ]

  func check(_ text: String) -> Int {
    let lines = text.split(separator: "\n").map { $0.components(separatedBy: ": ") }
    for line in lines where line.count == 2 {
      let (name, outcome) = (line[0], line[1])
      if Self.ofLandlock.contains(name), !has(SLIPWAY_PART_FILES) {
        print("skipped: \"\(name)\" needs Landlock, which this kernel does not grant")
        continue
      }
      #expect(Self.others[name, default: ["EPERM"]].contains(outcome), "\(name): \(outcome)")
    }
    return lines.count
  }
}

/// A file that the plugin shall not touch, in a directory of its own.
private struct Bait: ~Copyable {
  let folder = FileManager.default.temporaryDirectory.appending(path: "slipway-bait-\(UUID().uuidString)")
  var path: String { folder.appending(path: "bait").path }

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data("untouched".utf8).write(to: URL(filePath: path))
  }

  func attributes() throws -> [String] {
    let all = try FileManager.default.attributesOfItem(atPath: path)
    let kept: [FileAttributeKey] = [.posixPermissions, .modificationDate, .size, .ownerAccountID]
    return kept.map { "\(all[$0] ?? "none")" } + [try String(contentsOfFile: path, encoding: .utf8)]
  }

  deinit { try? FileManager.default.removeItem(at: folder) }
}

@Suite struct `Sandbox` {
  private func ask(
    _ worker: WorkerProcess, _ what: String, _ name: String, file: String = "/etc/passwd", process: pid_t = getpid(),
    port: UInt16 = 0
  ) throws -> String {
    let request = #"{"\#(what)":"\#(name)","file":"\#(file)","process":"\#(process)","port":"\#(port)"}"#
    return try worker.ask(.call(UInt64.random(in: 1...(1 << 40)), request))
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/sys/kernel/seccomp"), "this kernel has no seccomp"))
  func `files of others cannot be read, written, made, moved, removed or changed in any way`() throws {
    let bait = try Bait()
    let before = try bait.attributes()
    let worker = try WorkerProcess(plugin: EvilPlugin.build("tries"))
    let expected = Expectations(hello: try #require(worker.hello))
    #expect(expected.check(try ask(worker, "try", "all", file: bait.path)) > 80)
    #expect(try bait.attributes() == before)
    #expect(!FileManager.default.fileExists(atPath: "/tmp/slipway-evil"))
  }

  @Test func `the host can be neither signalled, traced, read, limited nor slowed down`() throws {
    let limits = try String(contentsOfFile: "/proc/self/limits", encoding: .utf8)
    let worker = try WorkerProcess(plugin: EvilPlugin.build("tries"))
    let expected = Expectations(hello: try #require(worker.hello))
    _ = expected.check(try ask(worker, "try", "all"))
    #expect(try String(contentsOfFile: "/proc/self/limits", encoding: .utf8) == limits)
  }

  @Test func `another worker can be neither signalled, traced nor read`() throws {
    let other = try WorkerProcess(plugin: EvilPlugin.echo())
    let worker = try WorkerProcess(plugin: EvilPlugin.build("tries"))
    let expected = Expectations(hello: try #require(worker.hello))
    _ = expected.check(try ask(worker, "try", "all", process: other.pid))
    #expect(try other.ask(.call(1, "still here")) == "still here")
  }

  @Test func `constructors are inside the sandbox already`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.build("tries", "CONSTRUCTOR"))
    let expected = Expectations(hello: try #require(worker.hello))
    // On /etc/passwd and on process 1.
    #expect(expected.check(try ask(worker, "try", "constructor")) > 80)
  }

  @Test(arguments: ["int 0x80", "x32"]) func `another architecture's system calls end the process`(way: String) throws {
    #if arch(x86_64)
      let worker = try WorkerProcess(plugin: EvilPlugin.build("tries"))
      try worker.send(.call(1, #"{"bomb":"\#(way)"}"#))
      let end = try worker.ended()
      if end.signal == SIGSEGV, way == "int 0x80" {
        print("skipped: int 0x80: this kernel has no 32-bit system calls at all")
      } else {
        #expect(end.signal == SIGSYS)
      }
    #else
      print("skipped: \(way): this machine has one set of system calls only")
    #endif
  }

  @Test func `a fork bomb makes no child`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.build("tries"))
    #expect(try ask(worker, "bomb", "fork bomb") == "children 0")
    #expect(try ask(worker, "bomb", "no such") == "no such bomb", "it goes on serving")
  }

  @Test func `a memory bomb stops at the limit, and its worker and others go on`() throws {
    let other = try WorkerProcess(plugin: EvilPlugin.echo())
    let worker = try WorkerProcess(plugin: EvilPlugin.build("tries"), options: ["--memory-mib=96"])
    let text = try ask(worker, "bomb", "memory bomb")
    let number = try #require(Int(text.dropFirst("MiB ".count)))
    #expect((32...96).contains(number), "\(text)")
    #expect(try other.ask(.call(1, "still here")) == "still here")
  }

  @Test func `a thread bomb stops at the limit, and others go on`() throws {
    let other = try WorkerProcess(plugin: EvilPlugin.echo())
    let worker = try WorkerProcess(plugin: EvilPlugin.build("tries"), options: ["--memory-mib=96"])
    let text = try ask(worker, "bomb", "thread bomb")
    let number = try #require(Int(text.dropFirst("threads ".count)))
    #expect((8...96).contains(number), "\(text)")
    #expect(try other.ask(.call(1, "still here")) == "still here")
  }

  @Test func `files run out at 64 descriptors`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.build("tries"))
    #expect(try ask(worker, "bomb", "file bomb") == "files 60")
  }

  @Test func `a plugin that may network gets sockets of the internet and nothing else`() throws {
    let bait = try Bait()
    let (listener, port) = Self.listener()
    defer { close(listener) }
    let worker = try WorkerProcess(plugin: EvilPlugin.build("tries", "DIRECT"), options: ["--direct"])
    let expected = Expectations(hello: try #require(worker.hello))
    #expect(try ask(worker, "try", "socket inet") == "socket inet: done\n")
    #expect(try ask(worker, "try", "socket inet6") == "socket inet6: done\n")
    #expect(try ask(worker, "try", "udp", port: port) == "udp: done\n")
    for name in ["socket unix", "socket netlink", "socketpair", "fork", "exec", "kill", "pipe owner", "chmod"] {
      #expect(try ask(worker, "try", name, file: bait.path) == "\(name): EPERM\n")
    }
    if FileManager.default.fileExists(atPath: "/etc/resolv.conf") {
      #expect(try ask(worker, "try", "read a file", file: "/etc/resolv.conf") == "read a file: done\n")
    }
    if expected.has(SLIPWAY_PART_FILES) {
      #expect(try ask(worker, "try", "read a file", file: bait.path) == "read a file: EACCES\n")
    } else {
      print("skipped: files of a direct plugin: this kernel does not grant Landlock")
    }
    if expected.has(SLIPWAY_PART_TCP) {
      #expect(try ask(worker, "try", "tcp", port: port) == "tcp: EACCES\n")
      #expect(try ask(worker, "try", "tcp", port: 443) != "tcp: EACCES\n")
    } else {
      print("skipped: TCP ports of a direct plugin: this kernel's Landlock is older than ABI 4")
      #expect(try ask(worker, "try", "tcp", port: port) == "tcp: done\n")
    }
  }

  /// A TCP socket that listens on 127.0.0.1, and its port.
  private static func listener() -> (Int32, UInt16) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { socket in
        bind(listener, __CONST_SOCKADDR_ARG(__sockaddr__: UnsafePointer(socket)), length) == 0
          && listen(listener, 8) == 0
          && getsockname(listener, __SOCKADDR_ARG(__sockaddr__: socket), &length) == 0
      }
    }
    #expect(result)
    return (listener, UInt16(bigEndian: address.sin_port))
  }
}

@Suite struct `Swift plugins in the sandbox` {
  private func busy() throws -> WorkerProcess {
    try WorkerProcess(plugin: EvilPlugin.products.appending(path: "libBusy.so").path)
  }

  @Test func `Foundation works, and reads no file`() throws {
    #expect(try busy().ask(.call(1, "foundation")) == "2001-09-09T01:46:40Z 13 true api.example.test denied true")
  }

  @Test func `a hundred tasks run`() throws {
    #expect(try busy().ask(.call(1, "task")) == "5050")
  }

  @Test func `16 Dispatch blocks that wait for one another all get a thread`() throws {
    #expect(try busy().ask(.call(1, "dispatch")) == "4 and 16 at once")
  }

  @Test func `a trap tells its call`() throws {
    let worker = try busy()
    try worker.send(.call(0x2a, "trap", verb: SLIPWAY_VERB_LIST))
    let end = try worker.ended()
    #expect(end.signal == SIGILL || end.signal == SIGTRAP)
    #expect(end.errors.contains(" verb=5 call=2a\n"), "\(end)")
  }
}

@Suite struct `Fatal signals` {
  @Test(arguments: [("crash", SIGSEGV, "b address=0"), ("abort", SIGABRT, "6")])
  func `signal, address and call are told`(command: String, signal: Int32, words: String) throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    try worker.send(.call(0x1f, #"{"do":"\#(command)"}"#, verb: SLIPWAY_VERB_POLL))
    #expect(
      try worker.ended()
        == .init(signal: signal, errors: "\nslipway-worker: fatal signal=\(words) verb=3 call=1f\n"))
  }

  @Test func `a stack that overflows is told too`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.build("tries"))
    try worker.send(.call(9, #"{"deep":"x"}"#))
    let end = try worker.ended()
    #expect(end.signal == SIGSEGV)
    #expect(end.errors.hasSuffix(" verb=0 call=9\n") && end.errors.contains("fatal signal=b address="), "\(end)")
  }

  @Test func `a crash in a thread of the plugin's own belongs to no call`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.build("tries"))
    try worker.send(.call(9, #"{"bomb":"thread crash"}"#))
    #expect(
      try worker.ended()
        == .init(signal: SIGSEGV, errors: "\nslipway-worker: fatal signal=b address=1234 verb=0 call=0\n"))
  }

  @Test func `a crash in entry is told`() throws {
    let worker = try WorkerProcess(arguments: [EvilPlugin.build("table", "CRASHES")])
    #expect(try worker.ended().errors.contains("fatal signal=b"))
  }
}
