import Foundation
import System

/// Memory and wake-ups of a host with one account and one active resource, between two polls.
enum IdleHost {
  static let window = 10.0
  /// Seconds after which the threads that the work had needed have ended.
  static let settling = 15

  static func run(_ host: HostProcess, _ cloud: BenchCloud, on reactor: Reactor) async throws -> [Figure] {
    try await host.ask("POST", "/v1/resources", #"{"offering":"one"}"#, key: "idle")
    try await host.wait(for: "\"active\"", in: "/v1/resources", seconds: 60)
    try await reactor.sleep(for: .seconds(settling))
    let requests = cloud.total
    let before = try ProcessFacts.voluntarySwitches(host.pid)
    try await reactor.sleep(for: .seconds(Int(window)))
    let after = try ProcessFacts.voluntarySwitches(host.pid)
    let wakeUps = ProcessFacts.wakeUps(from: before, to: after)
    let ended = before.keys.count { after[$0] == nil }
    let polls = cloud.total - requests
    let resident = try ProcessFacts.residentMB(host.pid)
    let bare = try await bareProcess(on: reactor)
    return [
      Figure(
        "idle host, resident memory", resident, "MB", .below(40),
        reference: "a process that imports FoundationEssentials and waits: \(Figure.text(bare.resident)) MB"),
      Figure(
        "idle host, wake-ups", wakeUps / window, "/s", .atMost(1),
        reference:
          "the same process: \(Figure.text(bare.wakeUps)) /s; in the window of 10 s fell \(polls) requests to the cloud, and \(ended) of \(before.count) threads ended"
      ),
    ]
  }

  private static func bareProcess(on reactor: Reactor) async throws -> (resident: Double, wakeUps: Double) {
    let process = Process()
    process.executableURL = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appending(path: "slipway-bare")
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    defer {
      // Its signal mask is that of the thread that started it: SIGTERM may be blocked.
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    guard !pipe.fileHandleForReading.availableData.isEmpty else { throw Unmeasured("slipway-bare does not run") }
    let before = try ProcessFacts.voluntarySwitches(process.processIdentifier)
    try await reactor.sleep(for: .seconds(2))
    let after = try ProcessFacts.voluntarySwitches(process.processIdentifier)
    return (
      try ProcessFacts.residentMB(process.processIdentifier), ProcessFacts.wakeUps(from: before, to: after) / 2
    )
  }
}
