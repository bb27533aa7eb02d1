// swift-tools-version: 6.2
import PackageDescription

// The modules enforce the layers: a target may import only what is listed beside it, and
// `make check` refuses an import that is not (docs/architecture.md draws the same table).

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  // Every C module is then read with the same definitions, whichever target imports it first.
  .unsafeFlags(["-Xcc", "-D_GNU_SOURCE"]),
]

/// The pure layers touch no pointer; the compiler holds them to it.
let pure = strict + [.strictMemorySafety()]

let cFlags: [CSetting] = [
  .define("_GNU_SOURCE"),
  .unsafeFlags(["-std=c11", "-Wall", "-Wextra", "-Werror"]),
]

func module(_ name: String, _ path: String, _ dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = strict)
  -> Target
{
  .target(name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

func headers(_ name: String, _ path: String, _ library: String? = nil) -> Target {
  .systemLibrary(name: name, path: path, pkgConfig: library)
}

func tests(_ name: String, _ path: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
}

func program(_ name: String, _ path: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
}

/// A cloud: a module that tests and simulations can link, and beside it the entry that makes it a dynamic
/// library which exports one symbol.
func plugin(_ name: String) -> [Target] {
  [
    .target(
      name: name, dependencies: ["PluginKit", "PluginMessages"], path: "Plugins/\(name)", exclude: ["Entry"],
      swiftSettings: strict),
    .target(
      name: "\(name)Plugin", dependencies: [.init(stringLiteral: name), "PluginKit", "PluginABI"],
      path: "Plugins/\(name)/Entry", swiftSettings: strict,
      linkerSettings: [
        .unsafeFlags([
          "-use-ld=lld", "-Xlinker", "--version-script=\(Context.packageDirectory)/Plugins/Kit/exports.map",
        ])
      ]),
  ]
}

let package = Package(
  name: "Slipway",
  products: [
    .executable(name: "slipway", targets: ["slipway"]),
    .executable(name: "slipway-ssh", targets: ["slipway-ssh"]),
    .executable(name: "slipway-worker", targets: ["slipway-worker"]),
    .executable(name: "slipway-sim", targets: ["slipway-sim"]),
    .executable(name: "slipway-bench", targets: ["slipway-bench"]),
    .executable(name: "slipway-chaos", targets: ["slipway-chaos"]),
    .executable(name: "slipway-simulate", targets: ["slipway-simulate"]),
    .library(name: "Busy", type: .dynamic, targets: ["BusyPlugin"]),
    .library(name: "Hetzner", type: .dynamic, targets: ["HetznerPlugin"]),
    .library(name: "DigitalOcean", type: .dynamic, targets: ["DigitalOceanPlugin"]),
    .library(name: "Vultr", type: .dynamic, targets: ["VultrPlugin"]),
    .library(name: "Docker", type: .dynamic, targets: ["DockerPlugin"]),
  ],
  targets: [
    // The contract between host and plugins.
    .target(name: "PluginABI", path: "Sources/PluginABI", exclude: ["Messages"]),
    module("PluginMessages", "Sources/PluginABI/Messages", settings: pure),

    // C libraries: module maps and shims, each imported by exactly one module.
    headers("CLinux", "Sources/Host/CLibs/Linux"),
    headers("CCurl", "Sources/Host/CLibs/Curl", "libcurl"),
    headers("CSQLite", "Sources/Host/CLibs/SQLite", "sqlite3"),
    headers("CSSH2", "Sources/Host/CLibs/SSH2", "libssh2"),
    headers("CCrypto", "Sources/Host/CLibs/Crypto", "libcrypto"),
    .target(name: "Wire", path: "Sources/Host/Wire"),
    // What `plugin new` writes: files of this repository as bytes (C23's #embed), under include/ their table.
    .target(
      name: "Templates", path: "Sources/Host/Templates", exclude: ["c", "cpp", "rust", "swift", "README.md"],
      cSettings: [.unsafeFlags(["-std=c23", "-Wall", "-Wextra", "-Werror"])]),

    // The recipes that come with Slipway; outside Sources, which knows no cloud and nothing of what runs on a VM.
    .target(
      name: "RecipeTemplates", path: "docs/recipes", exclude: ["scripts"],
      cSettings: [.unsafeFlags(["-std=c23", "-Wall", "-Wextra", "-Werror"])]),

    // Pure layers.
    module("Model", "Sources/Host/Model", settings: pure),
    module("Core", "Sources/Host/Core", ["Model"], settings: pure),

    // Edges. They never import each other; System and Crypto are leaves below them.
    // Swift's Glibc and CLinux must see the C library with the same eyes, or their types differ.
    .target(
      name: "System", dependencies: ["CLinux"], path: "Sources/Host/System", cSettings: [.define("_GNU_SOURCE")],
      swiftSettings: strict),
    module("Crypto", "Sources/Host/Crypto", ["CCrypto"]),
    module("HTTP", "Sources/Host/HTTP", ["System"]),
    module("Store", "Sources/Host/Store", ["Model", "Core", "System", "CSQLite"]),
    module("Broker", "Sources/Host/Broker", ["Crypto", "Model", "System", "CCurl"]),
    module("Plugins", "Sources/Host/Plugins", ["Model", "PluginABI", "PluginMessages", "System", "Crypto", "Wire"]),
    module("RemoteProtocol", "Sources/Host/Remote/Protocol", settings: pure),
    .target(
      name: "Remote", dependencies: ["RemoteProtocol", "System"], path: "Sources/Host/Remote", exclude: ["Protocol"],
      swiftSettings: strict),
    module("Control", "Sources/Host/Control", ["Model", "Core", "HTTP"]),

    // Composition and programs.
    module(
      "Daemon", "Sources/Host/Daemon",
      [
        "Model", "Core", "System", "Crypto", "HTTP", "Store", "Broker", "Plugins", "Remote", "Control",
        "PluginMessages",
      ]),
    module(
      "Conformance", "Sources/Host/Conformance", ["Broker", "Daemon", "PluginMessages", "Plugins", "System"]),
    .target(
      name: "CLI",
      dependencies: [
        "Conformance", "Control", "Core", "Daemon", "HTTP", "Model", "PluginMessages", "RecipeTemplates", "System",
        "Templates",
      ],
      path: "Sources/Host/CLI", exclude: ["Main"],
      swiftSettings: strict),
    program("slipway", "Sources/Host/CLI/Main", ["CLI", "Control", "System"]),
    program("slipway-ssh", "Sources/Host/SSHRunner", ["CSSH2", "RemoteProtocol", "System"]),
    .executableTarget(
      name: "slipway-worker", dependencies: ["PluginABI", "Wire"], path: "Sources/Host/Worker",
      cSettings: cFlags + [.unsafeFlags(["-fvisibility=hidden"])],
      // SwiftPM links with swiftc; the worker shall bring no Swift runtime to meet the plugin's (see main.c).
      linkerSettings: [.unsafeFlags(["-nostartfiles", "-no-toolchain-stdlib-rpath"])]),

    // Plugins.
    .target(
      name: "PluginKit", dependencies: ["PluginABI", "PluginMessages"], path: "Plugins/Kit", exclude: ["exports.map"],
      swiftSettings: strict),

    // Simulators and tests.
    .target(
      name: "CloudSim", dependencies: ["HTTP", "System"], path: "Tests/CloudSim", exclude: ["Server"],
      swiftSettings: strict),
    program("slipway-sim", "Tests/CloudSim/Server", ["CloudSim", "HTTP", "System"]),
    program("slipway-bare", "Tests/Bench/Bare", []),
    .target(name: "BareLedger", dependencies: ["CSQLite"], path: "Tests/Bench/BareLedger", cSettings: cFlags),
    .executableTarget(
      name: "slipway-bench",
      dependencies: [
        "BareLedger", "Broker", "CloudSim", "CloudTable", "Core", "Crypto", "Daemon", "EvilPlugins", "HTTP", "Model",
        "PluginKit", "PluginMessages", "PluginSimulation", "Plugins", "Remote", "RemoteProtocol", "Store", "System",
        "slipway-ssh",
      ], path: "Tests/Bench", exclude: ["Bare", "BareLedger"], swiftSettings: strict),
    program("slipway-chaos", "Tests/Chaos", ["Control", "HTTP", "System"]),
    tests("ModelTests", "Tests/ModelTests", ["Model"]),
    tests("CoreTests", "Tests/CoreTests", ["Core", "Model"]),
    module("Simulation", "Tests/Simulation/World", ["Core", "Model"], settings: pure),
    // The same world over real plugins and the simulators of their clouds.
    module(
      "PluginSimulation", "Tests/Simulation/Plugins",
      [
        "CloudSim", "Core", "Crypto", "Daemon", "DigitalOcean", "HTTP", "Hetzner", "Model", "PluginKit",
        "PluginMessages", "Simulation", "Vultr",
      ]),
    program("slipway-simulate", "Tests/Simulation/Run", ["PluginSimulation", "Simulation"]),
    tests("SimulationTests", "Tests/Simulation/Tests", ["PluginSimulation", "Simulation"]),
    tests("SystemTests", "Tests/SystemTests", ["System"]),
    tests("CryptoTests", "Tests/CryptoTests", ["Crypto"]),
    tests("HTTPTests", "Tests/HTTPTests", ["HTTP", "System"]),
    .target(name: "FaultyDisk", dependencies: ["CSQLite"], path: "Tests/StoreTests/FaultyDisk", cSettings: cFlags),
    program("store-writer", "Tests/StoreTests/Writer", ["FaultyDisk", "Store", "Core", "System"]),
    .testTarget(
      name: "StoreTests", dependencies: ["Store", "Core", "System", "CSQLite", "store-writer"],
      path: "Tests/StoreTests", exclude: ["FaultyDisk", "Writer"], swiftSettings: strict),
    tests("BrokerTests", "Tests/BrokerTests", ["Broker", "Crypto", "HTTP", "Model", "System"]),
    .target(name: "EvilPlugins", path: "Tests/EvilPlugins", exclude: ["C", "Busy"], swiftSettings: strict),
    .target(name: "BusyPlugin", dependencies: ["PluginABI"], path: "Tests/EvilPlugins/Busy", swiftSettings: strict),
    tests("WorkerTests", "Tests/WorkerTests", ["EvilPlugins", "Plugins", "Wire"]),
    tests(
      "PluginsTests", "Tests/PluginsTests",
      ["Crypto", "EvilPlugins", "Plugins", "PluginABI", "PluginMessages", "Model", "System", "Wire"]),
    tests("ConformanceTests", "Tests/Conformance", ["Conformance", "EvilPlugins", "PluginMessages", "System"]),
    tests("KitTests", "Tests/KitTests", ["PluginKit", "PluginMessages", "PluginABI"]),
    module("PluginFixture", "Tests/PluginFixture", ["CloudSim", "HTTP", "PluginKit", "PluginMessages"]),
    // The clouds that tests and bench meet: a further one is a line in it.
    module(
      "CloudTable", "Tests/CloudTable",
      ["CloudSim", "DigitalOcean", "Hetzner", "PluginKit", "PluginMessages", "Vultr"]),
    // A real Docker engine for tests, and what it needs; links the testing library, so no product depends on it.
    module("EngineFixture", "Tests/EngineFixture", ["HTTP", "System"]),
    tests(
      "HetznerTests", "Tests/HetznerTests",
      ["Hetzner", "PluginFixture", "PluginKit", "PluginMessages", "CloudSim"]),
    tests(
      "MatrixTests", "Tests/Matrix",
      [
        "CloudSim", "CloudTable", "Docker", "EngineFixture", "HTTP", "PluginFixture", "PluginKit", "PluginMessages",
      ]),
    tests(
      "DigitalOceanTests", "Tests/DigitalOceanTests",
      ["DigitalOcean", "PluginFixture", "PluginKit", "PluginMessages", "CloudSim"]),
    tests("VultrTests", "Tests/VultrTests", ["Vultr", "PluginFixture", "PluginKit", "PluginMessages", "CloudSim"]),
    tests("DockerTests", "Tests/DockerTests", ["Docker", "PluginFixture", "PluginKit", "PluginMessages"]),
    tests("CloudSimTests", "Tests/CloudSimTests", ["CloudSim", "HTTP", "System", "slipway-sim"]),
    tests("RemoteTests", "Tests/RemoteTests", ["Remote", "RemoteProtocol", "Crypto", "System", "slipway-ssh"]),
    .testTarget(
      name: "DaemonTests",
      dependencies: ["Control", "Core", "Crypto", "Daemon", "Model", "PluginMessages", "Store"],
      path: "Tests/DaemonTests", exclude: ["Frozen"], swiftSettings: strict),
    module("ControlFixture", "Tests/ControlFixture", ["Control", "Model"]),
    tests("ControlTests", "Tests/ControlTests", ["Control", "ControlFixture", "HTTP", "Model"]),
    tests(
      "CLITests", "Tests/CLITests",
      ["CLI", "Control", "ControlFixture", "Core", "Daemon", "HTTP", "Model", "System", "slipway"]),
    tests(
      "IntegrationTests", "Tests/Integration",
      ["Control", "Daemon", "EvilPlugins", "Model", "HTTP", "System", "CloudSim", "CloudTable", "EngineFixture"]),
  ] + plugin("DigitalOcean") + plugin("Hetzner") + plugin("Vultr") + plugin("Docker")
)
