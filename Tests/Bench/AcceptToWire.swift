import Foundation
import Glibc
import HTTP
import System

/// From just before POST /v1/resources is sent to the cloud's receipt of POST /v1/servers; one clock, since this
/// process is the client and the cloud.
enum AcceptToWire {
  static let orders = 200

  static func run(_ host: HostProcess, _ cloud: BenchCloud, on reactor: Reactor) async throws -> [Figure] {
    var arrivals = cloud.arrivals.makeAsyncIterator()
    _ = await arrivals.next()  // The idle host's own.
    try await host.ask("POST", "/v1/resources", #"{"offering":"two"}"#, key: "warm")
    _ = await arrivals.next()
    var spans: [Double] = []
    for index in 0..<orders {
      // Two accounts in turn: no account's budget of creates runs dry.
      let sent = Clock.monotonic()
      try await host.ask(
        "POST", "/v1/resources", #"{"offering":"\#(BenchCloud.tokens[index % 2])"}"#, key: "order-\(index)")
      guard let arrived = await arrivals.next() else { throw Unmeasured("a create never came") }
      spans.append(Double(arrived - sent) / 1_000_000)
    }
    let syncs = try fsyncs(in: host.directory)
    let posts = try await bare(cloud, on: reactor, &arrivals)
    func both(_ values: [Double]) -> String {
      "p50 \(Figure.text(Quantile.of(values, 0.5) ?? 0)), p99 \(Figure.text(Quantile.of(values, 0.99) ?? 0)) ms"
    }
    let reference = "fsync of 4 KiB there: \(both(syncs)); a bare POST to the same simulator: \(both(posts))"
    return [
      Figure("accept to create on the wire, p50", Quantile.of(spans, 0.5) ?? 0, "ms", reference: reference),
      Figure(
        "accept to create on the wire, p99", Quantile.of(spans, 0.99) ?? 0, "ms", .below(15), reference: reference),
    ]
  }

  private static func fsyncs(in directory: String) throws -> [Double] {
    let file = open("\(directory)/fsync", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw Unmeasured("\(directory)/fsync cannot be made") }
    defer { close(file) }
    let block = [UInt8](repeating: 1, count: 4_096)
    return try (0..<orders).map { _ in
      let start = Clock.monotonic()
      guard write(file, block, block.count) == block.count, fsync(file) == 0 else {
        throw Unmeasured("\(directory)/fsync cannot be written")
      }
      return Double(Clock.monotonic() - start) / 1_000_000
    }
  }

  private static func bare(
    _ cloud: BenchCloud, on reactor: Reactor, _ arrivals: inout AsyncStream<UInt64>.Iterator
  ) async throws -> [Double] {
    let client = HTTPClient(cloud.endpoint, on: reactor)
    var spans: [Double] = []
    for _ in 0..<orders {
      let start = Clock.monotonic()
      _ = try await client.send(
        HTTPRequest(method: "POST", path: "/v1/servers", headers: [HTTPField("host", "localhost")], body: [123, 125]))
      guard let arrived = await arrivals.next() else { throw Unmeasured("a bare POST never came") }
      spans.append(Double(arrived - start) / 1_000_000)
    }
    return spans
  }
}
