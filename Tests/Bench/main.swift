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
      "it takes no argument for everything, or one of plugins, commits, scale, recipes and lives with names of its parts"
    )
  }
  // Each part prints its rows when it has them; one that fails is told, and costs nobody the others.
  var figures: [Figure] = []
  var failed = false
  func part(_ name: String, _ run: () async throws -> [Figure]) async {
    do {
      let found = try await run()
      figures += found
      print(Report.rows(found), terminator: "\n\n")
      try Report.write(figures, to: ".build/bench.json")
    } catch {
      failed = true
      FileHandle.standardError.write(Data("slipway-bench: \(name) could not be measured: \(error)\n".utf8))
    }
  }
  let cloud = try BenchCloud(on: reactor)
  // First, so that its memory is that of recipes alone.
  await part("recipes") { try await Recipes.run(on: reactor) }
  await part("an idle host, and orders") {
    let host = try await HostProcess(on: reactor)
    for token in BenchCloud.tokens { try await host.add(token, token: token, url: cloud.url) }
    return try await IdleHost.run(host, cloud, on: reactor) + AcceptToWire.run(host, cloud, on: reactor)
  }
  await part("lives") {
    let reference = try await HcloudReference.run(cloud)
    return try HundredVMs.figures(try await HundredVMs.outcomes(.hetzner, seeds: 5), hcloud: reference)
  }
  for benched in BenchedCloud.all where benched.name != BenchedCloud.hetzner.name {
    await part("lives on \(benched.name)") {
      try HundredVMs.figures(benched, try await HundredVMs.outcomes(benched))
    }
  }
  await part("lives on docker") { try await DockerLives.figures(on: reactor) }
  await part("calls of plugins") { try await PluginCalls.run(on: reactor) }
  await part("starts of plugins") { try await PluginStarts.run(on: reactor) }
  await part("reloads of plugins") { try await PluginReloads.run(on: reactor) }
  await part("many plugins") { try await ManyPlugins.run(on: reactor) }
  await part("commits") { try await CommitRate.run() }
  await part("time to know") { try await TimeToKnow.run(on: reactor) }
  await part("lives a second") { try await LifeRate.run(on: reactor) }
  await part("many resources") { try await ManyResources.run(on: reactor) }
  await cloud.stop()
  exit(failed ? 1 : 0)
} catch {
  FileHandle.standardError.write(Data("slipway-bench: \(error)\n".utf8))
  exit(1)
}
