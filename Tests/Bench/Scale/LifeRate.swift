import CloudSim
import Foundation
import HTTP
import System

/// Whole lives that a durable host leads in a second, on a cloud without delays that shares its processors: orders come
/// at a steady rate, each VM is ended some seconds after its order, and what ends in a window of the steady state counts.
enum LifeRate {
  /// Orders a second, the most first: the first that the host keeps up with counts.
  static let offers = [330.0, 200, 120, 60]
  /// Seconds of orders.
  static let length = 50.0
  /// Seconds from a VM's order to the order of its end; all were active before.
  static let life = 14.0
  /// Seconds, counted from the first order, in which is counted.
  static let window = 30.0...50.0

  private static let tokens = (0..<4).map { "lives-\($0)" }

  static func run(on reactor: Reactor) async throws -> [Figure] {
    var failed: [String] = []
    for offered in offers {
      do {
        return try await measure(offered, after: failed, on: reactor)
      } catch let lag as Lag {
        failed.append("\(Figure.text(offered)) a second: \(lag.text)")
      }
    }
    throw Unmeasured("whole lives: the host kept up with none of these: \(failed.joined(separator: "; "))")
  }

  /// The host did not keep up with the orders.
  private struct Lag: Error { var text: String }

  private static func measure(
    _ offered: Double, after failed: [String], on reactor: Reactor
  ) async throws -> [Figure] {
    var settings = HetznerSettings.fast
    settings.create = Span(0, 0)
    settings.delete = Span(0, 0)
    settings.serverLimit = 1_000_000
    settings.rateLimit = 10_000_000
    let cloud = try BenchCloud(tokens, settings, on: reactor)
    let host = try await HostProcess(on: reactor)
    for token in tokens { try await host.add(token, token: token, url: cloud.url) }
    let count = Int(offered * length)
    let start = Clock.monotonic() + 100_000_000
    let startsAt = Date.now.timeIntervalSince1970 + 0.1
    async let used = processor(of: host, from: start, on: reactor)
    try await withThrowingDiscardingTaskGroup { group in
      for index in 0..<count {
        try await pause(until: start + UInt64(Double(index) / offered * 1e9), on: reactor)
        group.addTask { try await lead(index, on: host, reactor) }
      }
    }
    let processor = try await used
    let lives = try await ended(count, of: host, on: reactor)
    let requests = Double(cloud.total) / Double(count)
    await cloud.stop()
    let wereActive = lives.compactMap(\.active)
    guard wereActive.count == count else {
      throw Lag(
        text: "\(count - wereActive.count) of \(count) VMs were not active \(Figure.text(life)) s after their order")
    }
    let inWindow = lives.filter { window.contains($0.ended - startsAt) }
    let seconds = window.upperBound - window.lowerBound
    guard let median = Quantile.of(zip(wereActive, lives).map { $0 - $1.accepted }, 0.5),
      Double(inWindow.count) >= 0.95 * offered * seconds
    else { throw Lag(text: "\(inWindow.count) lives ended in \(Figure.text(seconds)) s") }
    let tried = failed.isEmpty ? "" : "; did not keep up with \(failed.joined(separator: ", "))"
    return [
      Figure(
        "whole lives a second", Double(inWindow.count) / seconds, "/s", .atLeast(300),
        reference:
          "\(Figure.text(offered)) ordered a second for \(Figure.text(length)) s; \(Figure.text(median)) s to active at the median, \(Figure.text(requests)) requests each\(tried)"
      ),
      Figure(
        "processor time of host and worker for each life", processor * 1_000 / Double(inWindow.count), "ms", .atMost(3),
        reference: "\(Figure.text(processor / seconds * 100)) % of one core in the window of \(Figure.text(seconds)) s"),
    ]
  }

  private static func lead(_ index: Int, on host: HostProcess, _ reactor: Reactor) async throws {
    let ordered = Clock.monotonic()
    let answer = try await host.ask(
      "POST", "/v1/resources", #"{"offering":"\#(tokens[index % tokens.count])"}"#, key: "life-\(index)")
    struct Accepted: Decodable { var resource_id: String }
    let id = try JSONDecoder().decode(Accepted.self, from: Data(answer.utf8)).resource_id
    try await pause(until: ordered + UInt64(life * 1e9), on: reactor)
    try await host.ask("DELETE", "/v1/resources/\(id)")
  }

  private static func pause(until instant: UInt64, on reactor: Reactor) async throws {
    let now = Clock.monotonic()
    if instant > now { try await reactor.sleep(for: .nanoseconds(Int64(instant - now))) }
  }

  private static func processor(of host: HostProcess, from start: UInt64, on reactor: Reactor) async throws -> Double {
    try await pause(until: start + UInt64(window.lowerBound * 1e9), on: reactor)
    let before = try host.processorSeconds()
    try await pause(until: start + UInt64(window.upperBound * 1e9), on: reactor)
    return try host.processorSeconds() - before
  }

  /// Seconds since 1970.
  private struct Life {
    var accepted: Double
    var active: Double?
    var ended: Double
  }

  /// The lives, once all have ended.
  private static func ended(_ count: Int, of host: HostProcess, on reactor: Reactor) async throws -> [Life] {
    struct Page: Decodable {
      struct Resource: Decodable { var rungs: [String: String] }
      var items: [Resource]
    }
    func page(_ state: String) async throws -> Page {
      let text = try await host.ask("GET", "/v1/resources", query: "state=\(state)")
      return try JSONDecoder().decode(Page.self, from: Data(text.utf8))
    }
    let deadline = Clock.monotonic() + 120_000_000_000
    while case let left = try await page("terminating").items.count, left > 0 {
      guard Clock.monotonic() < deadline else { throw Unmeasured("\(left) VMs did not end within two minutes") }
      try await reactor.sleep(for: .seconds(2))
    }
    let all = try await page("terminated").items
    let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    let lives = all.compactMap { resource -> Life? in
      func time(_ rung: String) -> Double? {
        resource.rungs[rung].flatMap { try? format.parse($0).timeIntervalSince1970 }
      }
      guard let accepted = time("accepted"), let ended = time("ended") else { return nil }
      return Life(accepted: accepted, active: time("active"), ended: ended)
    }
    guard lives.count == count else { throw Unmeasured("\(count) VMs were ordered, \(lives.count) of them have ended") }
    return lives
  }
}
