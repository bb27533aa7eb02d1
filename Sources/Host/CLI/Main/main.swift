import CLI
import Control
import Glibc
import System

// No other thread exists yet: signals are blocked for all that come, and no secret can reach a core file.
do {
  try Signals.block()
  try Hardening.apply()
} catch {
  Console.process(environment: [:]).err("slipway: \(error)\n")
  exit(ExitCode.failure.rawValue)
}

// A crash ends the process and prints nothing: the runtime's backtracer would write out registers and memory.
for number in [SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGFPE, SIGBUS, SIGSEGV] { signal(number, SIG_DFL) }

// The main thread only waits: an asynchronous main would end in dispatch_main, which waits in sigsuspend with an
// empty mask, so that SIGTERM would end the process instead of being read as an event.
Task.detached {
  let code = await CommandLineTool.run(Array(CommandLine.arguments.dropFirst()), environment: ProcessEnvironment.read())
  exit(code.rawValue)
}
while true { pause() }
