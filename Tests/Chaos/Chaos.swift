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
  /// Orders by their key, and what became of them; nil: nobody has said so yet.
  var orders: [(key: String, offering: String, resource: String?)] = []
  /// Objects that each resource was seen to be handed over with.
  var handedOver: [String: Set<String>] = [:]
  /// What was done, counted.
  var counts: [String: Int] = [:]
  var secondsOfTwins: Int64 = 0
  /// What the end found, each 0 in a good run.
  var (duplicates, orphans, undecided) = (0, 0, 0)

  /// Starts the clouds beside this program; a folder below /tmp holds everything.
  init(seed: UInt64) throws {
    self.seed = seed
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

  /// Prints what is done, with the seconds since the start.
  func tell(_ text: String, count: String? = nil) {
    let ms = (Clock.monotonic() - begun) / 1_000_000
    print("\(ms / 1_000).\(String(ms % 1_000 + 1_000).dropFirst()) s  \(text)")
    // A log that is read while it grows.
    fflush(nil)
    if let count { counts[count, default: 0] += 1 }
  }

  /// Chaos for so many seconds; then peace, and the reckoning.
  func run(seconds: Double) async throws {
    tell("seed \(seed), \(Int(seconds)) s")
    if disk == nil { tell("the disk is never full: a file system of its own may not be mounted here") }
    try await host.start()
    try await setUp()
    let end = begun + UInt64(seconds * 1_000_000_000)
    while Clock.monotonic() < end {
      try await act()
      try await look()
      try await reactor.sleep(for: .milliseconds(chance.number(10...250)))
    }
    try await reckon()
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
    let order = counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    let kills = counts.filter { $0.key.hasPrefix("kill") }.values.reduce(0, +)
    let faults = counts.filter { $0.key.hasPrefix("fault") }.values.reduce(0, +)
    return order + [
      "seed \(seed): kills \(kills), faults \(faults), orders \(orders.count), handed over \(handedOver.count)",
      "duplicates handed over \(duplicates), orphans \(orphans), undecided outcomes \(undecided)",
      "seconds billed to late twins \(secondsOfTwins)",
    ]
  }
}
