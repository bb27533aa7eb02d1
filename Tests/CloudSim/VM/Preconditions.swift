import FoundationEssentials
import Glibc
import System

extension VMRunner {
  /// Flags for a file that is written from its beginning.
  static let writing = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND

  /// Refuses, with what to do, where VMs cannot be run; waits for a child process for a moment.
  package static func check(port: UInt16) throws(Unavailable) {
    guard geteuid() == 0 else {
      throw Unavailable(description: "VMs need root, to make namespaces: run the simulator as root or without --vms")
    }
    let needed = [
      ("/usr/sbin/sshd", "openssh-server"), ("/usr/bin/ssh-keygen", "openssh-client"),
      ("/usr/bin/unshare", "util-linux"), ("/usr/sbin/pivot_root", "util-linux"), ("/usr/bin/mount", "mount"),
      ("/usr/bin/hostname", "hostname"), ("/usr/sbin/useradd", "passwd"),
    ]
    for (path, package) in needed where !FileManager.default.isExecutableFile(atPath: path) {
      throw Unavailable(description: "VMs need \(path): install it with `apt-get install \(package)`")
    }
    // Of this process alone: two simulators may start at the same time.
    let process = UInt32(bitPattern: getpid())
    guard let address = SocketAddress("127.255.\(process >> 8 & 127).\(process & 255)", port: port) else { return }
    do throws(SystemError) { try TCPSocket.listen(address).close() } catch {
      throw Unavailable(
        description: "port \(port) of the loopback network cannot be used for VMs (\(error.text)): "
          + "something listens on it at every address; choose another one with --vm-port")
    }
    try tryNamespaces()
  }

  /// Mounts an overlay in a namespace of its own, which is what every VM needs.
  private static func tryNamespaces() throws(Unavailable) {
    let script = """
      mount -t tmpfs probe /mnt && mkdir /mnt/upper /mnt/work /mnt/root &&
      mount -t overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work probe /mnt/root
      """
    let plan = SpawnPlan(
      program: .path("/usr/bin/unshare"),
      arguments: ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "/bin/sh", "-c", script],
      environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"])
    let remedy =
      "the kernel, or the container that this runs in, refuses namespaces or overlays; run it with more rights"
    var code: Int32 = -1
    do throws(SystemError) {
      let child = try plan.spawn()
      // Waits for a process that mounts twice and ends, at the start of the program.
      var ended = pollfd(fd: child.pidfd.raw, events: Int16(POLLIN), revents: 0)
      _ = poll(&ended, 1, 10_000)
      if case .exited(let status)? = child.reap() { code = status }
    } catch {
      throw Unavailable(description: "VMs cannot be run: \(error.text); \(remedy)")
    }
    guard code == 0 else { throw Unavailable(description: "VMs cannot be run: \(remedy)") }
  }
}
