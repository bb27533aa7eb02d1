import CloudSim
import Dispatch
import Glibc
import System

// slipway-sim CLOUD [options]: a simulated cloud behind HTTP; docs/simulator.md is its manual.

/// Writes a line at once, whatever the descriptor is; a reader that has gone is no reason to stop.
func say(_ text: String, to descriptor: Int32 = 1) {
  let bytes = Array((text + "\n").utf8)
  _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
}

func fail(_ message: String) -> Never {
  say("slipway-sim: \(message)", to: 2)
  exit(2)
}

do {
  let options = try ServerOptions(Array(CommandLine.arguments.dropFirst()))
  if options.help {
    say(ServerOptions.usage)
    exit(0)
  }
  try Signals.block()
  let reactor = try Reactor(name: "slipway-sim")
  let runner = try options.vms.map { try VMRunner(directory: $0, port: options.vmPort, on: reactor) }
  let server = try KnownClouds.serve(options, on: reactor, runner: runner)
  if options.printsAddress { say("listening on \(server.url)") }

  // Not an `await`: in an asynchronous main, Dispatch parks the main thread with no signal blocked, and SIGTERM
  // would end the process before its VMs are put away.
  let ended = DispatchSemaphore(value: 0)
  let watch = try Signals.watch(on: reactor) { number in
    if number != SIGHUP { ended.signal() }
  }
  ended.wait()
  watch.cancel()
  Task.detached {
    await server.stop()
    ended.signal()
  }
  ended.wait()
} catch let problem as AdminProblem {
  fail(problem.message)
} catch {
  fail("\(error)")
}
