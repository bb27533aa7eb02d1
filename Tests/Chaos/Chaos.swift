import Control
import Foundation
import Glibc
import HTTP
import System

/// One run: what is done to the host and its clouds, and what has to be true in the end.
final class Chaos {
  let seed: UInt64
  let host: ChaosHost
  let clouds: [ChaosCloud]
  let reactor: Reactor
  let disk: SmallDisk?
  private let folder: String
  private let programs: String
  private let begun = Clock.monotonic()
  var chance: Chance
  var menu = FaultMenu()
  /// When the run has to be over; the faults' end is `calmAt`.
  private(set) var endAt: UInt64
  private let calmAt: UInt64
  private let seconds: Double
  /// Orders by their key, and what became of them; nil: nobody has said so yet.
  var orders: [(key: String, offering: String, resource: String?)] = []
  /// Objects that each resource was seen to be handed over with.
  var handedOver: [String: Set<String>] = [:]
  /// What was done, counted.
  var counts: [String: Int] = [:]
  /// Requests that something went wrong with, by what the clouds call it.
  var hits: [String: Int] = [:]
  /// Objects that were not asked for, or more than once, and the seconds that they were billed.
  var twins = (count: 0, seconds: Int64(0))
  /// Objects that were billed, the last one over all clouds; and their seconds.
  var billed = (count: 0, seconds: Int64(0))
  /// What the end found, each 0 in a good run.
  var (duplicates, orphans, undecided) = (0, 0, 0)

  /// Starts the clouds beside this program; a folder below /tmp holds everything.
  ///
  /// `seconds` is how long things go wrong; what follows has `patience` seconds more.
  init(seed: UInt64, seconds: Double) throws {
    self.seed = seed
    self.seconds = seconds
    calmAt = begun + UInt64(seconds * 1_000_000_000)
    endAt = calmAt + Self.patience * 1_000_000_000
    chance = Chance(seed: seed)
    reactor = try Reactor(name: "slipway-chaos")
    programs = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path
    folder = "/tmp/slipway-chaos-\(UUID().uuidString.prefix(8).lowercased())"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    disk = try SmallDisk("\(folder)/state", megabytes: 96)
    host = try ChaosHost(folder: folder, programs: programs, on: reactor)
    let (programs, reactor) = (programs, reactor)
    clouds = try CloudKind.all.map { try ChaosCloud($0, programs: programs, on: reactor) }
  }

  private static let patience: UInt64 = 600
  /// From how many seconds on everything that can go wrong has to have gone wrong.
  private static let enough = 100.0

  /// A deadline that is not after the run's.
  func deadline(in seconds: UInt64) -> UInt64 { min(Clock.monotonic() + seconds * 1_000_000_000, endAt) }

  /// Prints what is done, with the seconds since the start.
  func tell(_ text: String, count: String? = nil) {
    let ms = (Clock.monotonic() - begun) / 1_000_000
    print("\(ms / 1_000).\(String(ms % 1_000 + 1_000).dropFirst()) s  \(text)")
    // A log that is read while it grows.
    fflush(nil)
    if let count { counts[count, default: 0] += 1 }
  }

  /// Chaos; then peace, and the reckoning.
  func run() async throws {
    tell("seed \(seed), \(Int(seconds)) s")
    if disk == nil { tell("the disk is never full: a file system of its own may not be mounted here") }
    try await host.start()
    try await setUp()
    var counted = Clock.monotonic()
    while Clock.monotonic() < calmAt {
      try await act()
      try await look()
      if Clock.monotonic() > counted + 10_000_000_000 {
        try await countHits()
        counted = Clock.monotonic()
      }
      try await reactor.sleep(for: .milliseconds(chance.number(10...250)))
    }
    try await reckon()
    if seconds >= Self.enough, !missed.isEmpty {
      throw Wrong(
        "nothing was shown of: \(missed.joined(separator: ", ")); in \(Int(seconds)) s each has to happen, so the run "
          + "is too slow, or Tests/Chaos does not bring it about any more")
    }
  }

  /// Adds up what went wrong in the clouds since the last time.
  func countHits() async throws {
    for cloud in clouds { hits.merge(try await cloud.hits(), uniquingKeysWith: +) }
  }

  /// What should have happened and did not.
  private var missed: [String] {
    var acts = [
      "orders", "orders repeated", "terminates", "power operations asked for", "kill, host", "kill, worker",
      "stop, host",
      "stop, worker", "reloads",
    ]
    if disk != nil { acts.append("disk full") }
    return acts.filter { counts[$0] == nil } + FaultMenu.marks.subtracting(hits.keys).sorted().map { "fault \($0)" }
      + (handedOver.isEmpty ? ["lives"] : [])
  }

  /// Ends everything that was started; without a failure nothing is left of it.
  func close() async throws {
    host.signal(SIGCONT)
    try await host.end(SIGTERM)
    for cloud in clouds { cloud.end() }
    disk?.unmount()
    try FileManager.default.removeItem(atPath: folder)
  }

  private func setUp() async throws {
    for cloud in clouds {
      let account = NewAccount(
        name: cloud.kind.id, plugin: cloud.kind.id, credential: Credential("secret"),
        endpoints: ["api": EndpointOverride(url: cloud.url)])
      guard try await host.ask("POST", "/v1/accounts", account, as: AccountView.self) != nil else {
        throw Wrong("account \(cloud.kind.id) was not added")
      }
    }
    // Each cloud alone, and each with the others behind it.
    for (index, cloud) in clouds.enumerated() {
      let others = clouds[(index + 1)...] + clouds[..<index]
      for (name, placements) in [
        (cloud.kind.id, [cloud.kind.placement]), ("\(cloud.kind.id)-first", ([cloud] + others).map(\.kind.placement)),
      ] {
        let offering = NewOffering(name: name, placements: placements, readiness: "cloud", provisionDeadlineS: 300)
        guard try await host.ask("POST", "/v1/offerings", offering, as: OfferingView.self) != nil else {
          throw Wrong("offering \(name) was not added")
        }
      }
    }
  }

  /// Every resource that the host knows; nil: it does not answer.
  func resources() async throws -> [ResourceView]? {
    try await host.ask("GET", "/v1/resources", as: ListView<ResourceView>.self)?.items
  }

  /// Notes what is handed over now.
  func look() async throws {
    for view in try await resources() ?? [] where view.state == "active" || view.state == "stopped" {
      guard let id = view.externalId, let account = view.placement?.account else { continue }
      handedOver[view.id, default: []].insert("\(account)/\(id)")
    }
  }

  /// The closing lines.
  var summary: [String] {
    func sum(_ prefix: String) -> Int { counts.filter { $0.key.hasPrefix(prefix) }.values.reduce(0, +) }
    func count(_ name: String) -> Int { counts[name] ?? 0 }
    let acts = counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    let faults = hits.sorted { $0.key < $1.key }.map { "fault met by requests, \($0.key) \($0.value)" }
    return acts + faults + [
      "seed \(seed): kills \(sum("kill, ")), stops \(sum("stop, ")), faults \(hits.values.reduce(0, +)) of "
        + "\(hits.count) kinds, disk fulls \(count("disk full")), reloads \(count("reloads")), "
        + "terminates \(count("terminates")), orders \(orders.count), lives \(handedOver.count)",
      "duplicates handed over \(duplicates), orphans \(orphans), undecided outcomes \(undecided)",
      "objects billed \(billed.count) for \(billed.seconds) s; late twins \(twins.count), billed \(twins.seconds) s",
    ]
  }
}
