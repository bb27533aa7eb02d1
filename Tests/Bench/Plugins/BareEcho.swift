import Foundation
import Glibc
import System

/// A process that sends back what it reads from a socket, in blocking C calls: the least that a round trip can cost.
final class BareEcho: Sendable {
  private let near: Descriptor
  private let child: ChildProcess

  init() throws {
    let programs = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path
    let (near, far) = try UnixSocket.pair()
    defer { far.close() }
    child = try SpawnPlan(
      program: .path("\(programs)/slipway-bare"), arguments: ["slipway-bare", "echo"], environment: [:],
      descriptors: [3: far]
    ).spawn()
    self.near = near
    let flags = fcntl(near.raw, F_GETFL)
    _ = fcntl(near.raw, F_SETFL, flags & ~O_NONBLOCK)
  }

  /// Its process id.
  var pid: Int32 { child.pid }

  deinit {
    near.close()
    child.signal(SIGKILL)
  }

  /// Microseconds of each of `count` round trips of that many bytes.
  func roundTrips(_ count: Int, bytes: Int) throws -> [Double] {
    var block = [UInt8](repeating: 1, count: bytes)
    return try (0..<count).map { _ in
      let start = Clock.monotonic()
      guard write(near.raw, block, bytes) == bytes else { throw Unmeasured("the bare echo is gone") }
      var got = 0
      while got < bytes {
        let part = read(near.raw, &block, bytes - got)
        guard part > 0 else { throw Unmeasured("the bare echo is gone") }
        got += part
      }
      return Double(Clock.monotonic() - start) / 1_000
    }
  }
}
