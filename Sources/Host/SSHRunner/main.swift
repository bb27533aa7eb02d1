import Glibc
import RemoteProtocol
import System

// slipway-ssh: one SSH run in a process of its own. Descriptor 3 is a connected socket to the machine, 4 a socket to the
// host, which says what to do and signs. It opens nothing itself.

/// Says what is wrong and ends.
func refuse(_ text: String, _ code: Int32) -> Never {
  let line = Array("slipway-ssh: \(text)\n".utf8)
  _ = write(2, line, line.count)
  exit(code)
}

do {
  try Hardening.apply()
} catch {
  refuse("the process cannot be hardened: \(error)", 70)
}
// A hostile machine can make libssh2 queue what it sends: then this process ends, and nothing else.
var memory = rlimit(rlim_cur: 256 << 20, rlim_max: 256 << 20)
_ = setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &memory)
let control = ControlChannel(fd: 4)
guard case .start(let task)? = control.receive() else {
  refuse("it is started by slipway, with a socket to the machine on 3 and one to the host on 4", 64)
}
_ = fcntl(3, F_SETFL, fcntl(3, F_GETFL) | O_NONBLOCK)
let result = Session(socket: 3, task: task, control: control).run()
exit(control.send(.result(result)) ? 0 : 1)
