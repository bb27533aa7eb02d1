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

  @Test func `a Swift plugin brings its own runtime`() throws {
    let file = EvilPlugin.products.appending(path: "libHetzner.so").path
    let worker = try WorkerProcess(arguments: [WorkerProcess.libraries, file])
    #expect(try worker.next(SLIPWAY_WIRE_READY).text(from: 24).hasPrefix("hetzner"))
  }

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
