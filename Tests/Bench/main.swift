import EvilPlugins
import Foundation
import System

// slipway-bench: a row for each promised figure; docs/benchmarks.md says what each means. Run from a source tree, it writes
// below .build of the current directory: its figures to bench.json, plugins that it compiles to bench/.

do {
  try Signals.block()
  let reactor = try Reactor(name: "slipway-bench")
  let built = URL(filePath: FileManager.default.currentDirectoryPath).appending(path: ".build/bench")
  try FileManager.default.createDirectory(at: built, withIntermediateDirectories: true)
  EvilPlugin.land(in: built)
  if CommandLine.arguments.dropFirst().first == "plugins" {
    let parts: [(name: String, run: (Reactor) async throws -> [Figure])] = [
      ("calls", PluginCalls.run), ("starts", PluginStarts.run), ("reloads", PluginReloads.run),
      ("many", ManyPlugins.run),
    ]
    let wanted = CommandLine.arguments.dropFirst(2)
    var figures: [Figure] = []
    for part in parts where wanted.isEmpty || wanted.contains(part.name) { figures += try await part.run(reactor) }
    print(Report.rows(figures))
    exit(0)
  }
  if CommandLine.arguments.dropFirst().first == "commits" {
    print(Report.rows(try await CommitRate.run()))
    exit(0)
  }
  if CommandLine.arguments.dropFirst().first == "scale" {
    let parts: [(name: String, run: (Reactor) async throws -> [Figure])] = [
      ("known", TimeToKnow.run), ("lives", LifeRate.run), ("resources", ManyResources.run),
    ]
    let wanted = CommandLine.arguments.dropFirst(2)
    var figures: [Figure] = []
    for part in parts where wanted.isEmpty || wanted.contains(part.name) { figures += try await part.run(reactor) }
    print(Report.rows(figures))
    exit(0)
  }
  if CommandLine.arguments.dropFirst().first == "recipes" {
    let parts = CommandLine.arguments.dropFirst(2).compactMap { Recipes.Part(rawValue: $0) }
    print(Report.rows(try await Recipes.run(parts.isEmpty ? Recipes.Part.allCases : parts, on: reactor)))
    exit(0)
  }
  if CommandLine.arguments.dropFirst().first == "lives" {
    let wanted = CommandLine.arguments.dropFirst(2)
    var figures: [Figure] = []
    for benched in BenchedCloud.all where wanted.isEmpty || wanted.contains(benched.name) {
      figures += try HundredVMs.figures(benched, try await HundredVMs.outcomes(benched))
    }
    if wanted.isEmpty || wanted.contains("docker") { figures += try await DockerLives.figures(on: reactor) }
    print(Report.rows(figures))
    exit(0)
  }
  guard CommandLine.arguments.count == 1 else {
    throw Unmeasured(
      "it takes no argument for everything, or one of plugins, commits, scale, recipes and lives with names of its parts")
  }
  let cloud = try BenchCloud(on: reactor)
  // First, so that its memory is that of recipes alone.
  var figures = try await Recipes.run(on: reactor)
  do {
    let host = try await HostProcess(on: reactor)
    for token in BenchCloud.tokens { try await host.add(token, token: token, url: cloud.url) }
    figures += try await IdleHost.run(host, cloud, on: reactor)
    figures += try await AcceptToWire.run(host, cloud, on: reactor)
  }
  let reference = try await HcloudReference.run(cloud)
  figures += try HundredVMs.figures(try await HundredVMs.outcomes(.hetzner, seeds: 5), hcloud: reference)
  for benched in BenchedCloud.all where benched.name != BenchedCloud.hetzner.name {
    figures += try HundredVMs.figures(benched, try await HundredVMs.outcomes(benched))
  }
  figures += try await DockerLives.figures(on: reactor)
  figures += try await PluginCalls.run(on: reactor)
  figures += try await PluginStarts.run(on: reactor)
  figures += try await PluginReloads.run(on: reactor)
  figures += try await ManyPlugins.run(on: reactor)
  figures += try await CommitRate.run()
  figures += try await TimeToKnow.run(on: reactor)
  figures += try await LifeRate.run(on: reactor)
  figures += try await ManyResources.run(on: reactor)
  await cloud.stop()
  print(Report.rows(figures))
  try Report.write(figures, to: ".build/bench.json")
} catch {
  FileHandle.standardError.write(Data("slipway-bench: \(error)\n".utf8))
  exit(1)
}
