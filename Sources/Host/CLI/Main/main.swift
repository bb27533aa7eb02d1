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

var environment: [String: String] = [:]
var entry = environ
while let variable = entry.pointee {
  let text = String(cString: variable)
  if let equals = text.firstIndex(of: "=") {
    environment[String(text[..<equals])] = String(text[text.index(after: equals)...])
  }
  entry += 1
}

let code = await CommandLineTool.run(Array(CommandLine.arguments.dropFirst()), environment: environment)
exit(code.rawValue)
