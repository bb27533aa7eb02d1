// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "pebble",
  products: [.library(name: "pebble", type: .dynamic, targets: ["Plugin"])],
  targets: [
    // Copied from Slipway as they are: the contract, its messages, and the boundary.
    .target(name: "PluginABI"),
    .target(name: "PluginMessages", swiftSettings: settings),
    .target(name: "PluginKit", dependencies: ["PluginABI", "PluginMessages"], swiftSettings: settings),
    // Yours.
    .target(
      name: "Plugin", dependencies: ["PluginABI", "PluginKit", "PluginMessages"], swiftSettings: settings,
      linkerSettings: [
        // Nothing but the entry is exported.
        .unsafeFlags(["-use-ld=lld", "-Xlinker", "--version-script=\(Context.packageDirectory)/exports.map"])
      ]),
  ]
)
