import Foundation
import System

/// Debian's `hcloud` on the same simulator: three servers made in parallel, in real time.
enum HcloudReference {
  static let count = 3

  /// Requests for each server until `server create` has returned, and the median seconds that it took; nil where
  /// `hcloud` is not installed.
  static func run(_ cloud: BenchCloud) async throws -> (requests: Double, seconds: Double)? {
    let program = "/usr/bin/hcloud"
    guard FileManager.default.isExecutableFile(atPath: program) else { return nil }
    let before = cloud.total
    let environment = [
      "HCLOUD_ENDPOINT": cloud.url, "HCLOUD_TOKEN": BenchCloud.thirdToken, "HOME": "/nonexistent", "PATH": "/usr/bin",
    ]
    let seconds = try await withThrowingTaskGroup(of: Double.self) { group in
      for index in 0..<count {
        group.addTask {
          let start = Clock.monotonic()
          let process = Process()
          process.executableURL = URL(filePath: program)
          process.arguments = [
            "server", "create", "--name", "bench-\(index)", "--type", "cx23", "--image", "debian-12", "--location",
            "fsn1",
          ]
          process.environment = environment
          process.standardOutput = FileHandle.nullDevice
          process.standardError = FileHandle.nullDevice
          let ended = AsyncStream<Int32>.makeStream()
          process.terminationHandler = { ended.continuation.yield($0.terminationStatus) }
          try process.run()
          for await status in ended.stream {
            guard status == 0 else { throw Unmeasured("hcloud ended with \(status)") }
            break
          }
          return Double(Clock.monotonic() - start) / 1_000_000_000
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    return (Double(cloud.total - before) / Double(count), Quantile.of(seconds, 0.5) ?? 0)
  }
}
