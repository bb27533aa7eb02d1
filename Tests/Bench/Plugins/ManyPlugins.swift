import EvilPlugins
import Foundation
import System

/// A host with many plugins: until all serve, and what each of them costs the host itself.
enum ManyPlugins {
  static let count = 200
  static let rounds = 5

  static func run(on reactor: Reactor) async throws -> [Figure] {
    let image = try Data(contentsOf: URL(filePath: try await EvilPlugin.bystander()))
    var (spans, few, many) = ([Double](), [Double](), [Double]())
    for _ in 0..<rounds {
      few.append(try await host(with: 1, image, on: reactor).memory)
      let all = try await host(with: count, image, on: reactor)
      many.append(all.memory)
      spans.append(all.ready)
    }
    guard let one = Quantile.of(few, 0.5), let all = Quantile.of(many, 0.5) else { throw Unmeasured("no hosts") }
    return [
      Figure(
        "\(count) plugins, host ready", Quantile.of(spans, 0.5) ?? .infinity, "s", .atMost(3),
        reference: "first start, with nothing stored; of \(spans.map { Figure.text($0) }.joined(separator: ", "))"),
      Figure(
        "\(count) plugins, host memory for each", (all - one) * 1_000 / Double(count - 1), "KB", .atMost(50),
        reference: "resident \(Figure.text(all)) MB, with one plugin \(Figure.text(one)) MB"),
    ]
  }

  /// Starts a host with that many plugins, waits until all serve, and ends it.
  private static func host(
    with count: Int, _ image: Data, on reactor: Reactor
  ) async throws -> (ready: Double, memory: Double) {
    let programs = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path
    let directory = "/tmp/slipway-bench-\(UUID().uuidString.prefix(8).lowercased())"
    let plugins = "\(directory)/plugins"
    try FileManager.default.createDirectory(atPath: plugins, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    for number in 0..<count {
      // The id has as many letters as the one that it takes the place of.
      let name = String(format: "plugin%03d", number)
      let own = replacing("bystander", by: name, in: image)
      try own.write(to: URL(filePath: "\(plugins)/lib\(name).so"))
    }
    let log = URL(filePath: "\(directory)/log")
    try Data().write(to: log)
    let process = Process()
    process.executableURL = URL(filePath: "\(programs)/slipway")
    process.arguments = [
      "serve", "--state", "\(directory)/state", "--socket", "\(directory)/control.sock", "--plugins", plugins,
    ]
    let output = try FileHandle(forWritingTo: log)
    (process.standardError, process.standardOutput) = (output, output)
    let begun = Clock.monotonic()
    try process.run()
    defer {
      process.terminate()
      process.waitUntilExit()
    }
    let mark = Data(" serves, image ".utf8)
    var seen = 0
    while seen < count {
      guard process.isRunning, Clock.monotonic() - begun < 60_000_000_000 else {
        let tail = try String(contentsOf: log, encoding: .utf8).suffix(400)
        throw Unmeasured("\(seen) of \(count) plugins serve after 60 s; \(tail)")
      }
      try await reactor.sleep(for: .milliseconds(10))
      seen = occurrences(of: mark, in: try Data(contentsOf: log))
    }
    let ready = Double(Clock.monotonic() - begun) / 1_000_000_000
    // What the start needed has gone by then, where it goes at all.
    try await reactor.sleep(for: .seconds(2))
    return (ready, try ProcessFacts.residentMB(process.processIdentifier))
  }

  private static func occurrences(of mark: Data, in text: Data) -> Int {
    var (count, rest) = (0, text[...])
    while let range = rest.range(of: mark) {
      count += 1
      rest = rest[range.upperBound...]
    }
    return count
  }

  private static func replacing(_ old: String, by new: String, in image: Data) -> Data {
    var image = image
    var from = image.startIndex
    while let range = image[from...].range(of: Data(old.utf8)) {
      image.replaceSubrange(range, with: Data(new.utf8))
      from = range.lowerBound + new.utf8.count
    }
    return image
  }
}
