import FoundationEssentials
import Glibc

// The least that a Swift process with FoundationEssentials can be: it stays until a signal ends it.
print(Data([115]).count)
fflush(stdout)
pause()
