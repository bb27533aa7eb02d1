import EvilPlugins
import Foundation
import Testing
import Wire

@Suite struct `Confinement` {
  @Test func `the plugin finds four descriptors, no dump, no new privileges, and clean signals`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    #expect(
      try worker.ask(.command(1, "state")) == "descriptors 0 1 2 3; core 0; mask empty; SIGTERM default")
  }

  @Test func `the built program needs no library but libc`() throws {
    let program = try Data(contentsOf: EvilPlugin.products.appending(path: "slipway-worker"))
    #expect(program.range(of: Data("libc.so.6".utf8)) != nil)
    for library in ["libswiftCore.so", "libstdc++.so", "libcurl.so", "libm.so"] {
      #expect(program.range(of: Data(library.utf8)) == nil, "it names \(library)")
    }
  }

  /// The plugins of this package, as far as they are built.
  static let plugins = ["Hetzner", "Vultr", "DigitalOcean", "Docker"].filter {
    FileManager.default.fileExists(atPath: EvilPlugin.products.appending(path: "lib\($0).so").path)
  }

  @Test(arguments: plugins) func `each plugin of ours brings its own runtime and loads in the sandbox`(
    name: String
  ) throws {
    let file = EvilPlugin.products.appending(path: "lib\(name).so").path
    let worker = try WorkerProcess(arguments: [WorkerProcess.libraries, "--required", file])
    let answer = try worker.next { $0.isKind(SLIPWAY_WIRE_READY) || $0.isKind(SLIPWAY_WIRE_REFUSED) }
    #expect(answer.text(from: 24).hasPrefix(name.lowercased()), "\(answer.text)")
  }

  @Test func `at least one of them is built`() { #expect(!Self.plugins.isEmpty) }

  @Test func `the kernel agrees`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    let status = try String(contentsOfFile: "/proc/\(worker.pid)/status", encoding: .utf8).split(separator: "\n")
    #expect(status.contains("NoNewPrivs:\t1") && status.contains("Seccomp:\t2"))
    #expect(status.contains("CapEff:\t0000000000000000") && status.contains("CapPrm:\t0000000000000000"))
    #expect(try String(contentsOfFile: "/proc/\(worker.pid)/oom_score_adj", encoding: .utf8) == "1000\n")
    #expect(status.contains("SigBlk:\t0000000000000000"))
    #expect(getsid(worker.pid) == worker.pid)
    let limits = try String(contentsOfFile: "/proc/\(worker.pid)/limits", encoding: .utf8).split(separator: "\n")
    let core = limits.first { $0.hasPrefix("Max core file size") }
    #expect(core?.split(whereSeparator: \.isWhitespace).filter { $0 == "0" }.count == 2)
  }
}
