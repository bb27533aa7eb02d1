import CLinux
import Glibc

extension Descriptor {
  /// Takes the next connection of a listening socket, non-blocking and close-on-exec; nil when none waits.
  ///
  /// A connection that went away while it waited is skipped.
  package func accept() throws(SystemError) -> Descriptor? {
    let number = raw
    while true {
      do throws(SystemError) {
        let flags = Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        return Descriptor(owning: try retrying("accept4") { slipway_accept(number, flags) })
      } catch {
        switch error.code {
        case EAGAIN: return nil
        case ECONNABORTED, EPROTO: continue
        default: throw error
        }
      }
    }
  }
}
