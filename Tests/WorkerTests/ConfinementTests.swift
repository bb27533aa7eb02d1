import EvilPlugins
import Foundation
import Testing
import Wire

@Suite struct `Confinement` {
  @Test func `the plugin finds four descriptors, no dump, no new privileges, and clean signals`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    #expect(
      try worker.ask(.command(1, "state"))
        == "descriptors 0 1 2 3; dumpable 0; no_new_privs 1; core 0; leader 1; mask empty; SIGTERM default")
  }

  @Test func `the kernel agrees`() throws {
    let worker = try WorkerProcess(plugin: EvilPlugin.echo())
    let status = try String(contentsOfFile: "/proc/\(worker.pid)/status", encoding: .utf8).split(separator: "\n")
    #expect(status.contains("NoNewPrivs:\t1"))
    #expect(status.contains("SigBlk:\t0000000000000000"))
    #expect(getsid(worker.pid) == worker.pid)
    let limits = try String(contentsOfFile: "/proc/\(worker.pid)/limits", encoding: .utf8).split(separator: "\n")
    let core = limits.first { $0.hasPrefix("Max core file size") }
    #expect(core?.split(whereSeparator: \.isWhitespace).filter { $0 == "0" }.count == 2)
  }
}
