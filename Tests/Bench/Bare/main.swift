import FoundationEssentials
import Glibc

// The least that a Swift process with FoundationEssentials can be: it says so, and stays until a signal ends it.
let word = Data("ready\n".utf8)
_ = word.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
pause()
