import CloudSim
import System

/// The clouds that can be served; one more is one more line.
enum KnownClouds {
  static let all: [any SimulatedCloud.Type] = [
    HetznerCloud.self,
    DigitalOceanCloud.self,
    VultrCloud.self,
  ]

  /// Their names, for people.
  static let names = all.map { $0.name }.joined(separator: ", ")

  /// Serves the cloud that the options name, from now on.
  static func serve(_ options: ServerOptions, on reactor: Reactor, runner: VMRunner?) throws -> any ServedCloud {
    try serve(options.cloud, options, on: reactor, runner: runner)
  }

  private static func serve<Cloud: SimulatedCloud>(
    _ type: Cloud.Type, _ options: ServerOptions, on reactor: Reactor, runner: VMRunner?
  ) throws -> any ServedCloud {
    let cloud = try options.make(type, start: Clock.wall())
    return try CloudServer(cloud, at: options.address, on: reactor, runner: runner)
  }
}
