import FoundationEssentials
import Glibc

if CommandLine.arguments.dropFirst().first == "echo" {
  // Sends back what it reads from descriptor 3, until its end: the least that a peer can do.
  var block = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = read(3, &block, block.count)
    guard count > 0, write(3, block, count) == count else { exit(0) }
  }
}
// The least that a Swift process with FoundationEssentials can be: it says so, and stays until a signal ends it.
let word = Data("ready\n".utf8)
_ = word.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
pause()
