import CloudSim
import Foundation
import Glibc
import Testing

/// What of this machine the tests can use.
enum Installed {
  /// Debian's client of the cloud; nil where it is not installed.
  static let hcloud = Program("/usr/bin/hcloud", "/usr/local/bin/hcloud")

  /// The simulator's program, beside the tests; nil where it was not built.
  static let simulator: Program? = {
    let beside = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path
    return Program("\(beside)/slipway-sim", FileManager.default.currentDirectoryPath + "/.build/debug/slipway-sim")
  }()

  /// The Python that has Apache Libcloud; nil where Tests/Tools/setup could not install it.
  static let libcloud: Program? = {
    let installed = FileManager.default.fileExists(atPath: root + "/.build/peers/installed.txt")
    return installed ? Program(root + "/.build/peers/bin/python3") : nil
  }()

  /// Path of a script that drives a client which nobody here wrote.
  static func peer(_ name: String) -> String { "\(root)/Tests/Peers/\(name)" }

  /// Where the package is.
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  /// Why VMs cannot run here; nil where they can.
  static let vmsMissing: Comment? = {
    guard geteuid() == 0 else { return "VMs need root" }
    guard Program("/usr/sbin/sshd") != nil, Program("/usr/bin/ssh") != nil else {
      return "VMs need sshd and ssh; apt-get install openssh-server openssh-client runs these tests"
    }
    do throws(VMRunner.Unavailable) { try VMRunner.check(port: 22) } catch { return "\(error.description)" }
    return nil
  }()
}
