import PluginKit

/// The engine itself: `GET /info`, as far as the plugin reads it.
struct EngineInfo: Decodable {
  /// Something that no other machine's engine has, but for machines that were cloned. Until Docker 22 it is of the machine
  /// (`/etc/docker/key.json`), from then on of the data folder (`engine-id` in it).
  var id: String?
  /// The engine's data folder, which tells two engines of one machine apart.
  var rootFolder: String?
  /// Host name of the engine's machine.
  var name: String?
  var osType: String?
  var architecture: String?
  var serverVersion: String?
  private var cpus: Int64?
  private var memory: Int64?
  private var memoryLimit: Bool?
  private var swapLimit: Bool?
  private var pidsLimit: Bool?
  private var cpuQuota: Bool?

  enum CodingKeys: String, CodingKey {
    case id = "ID"
    case rootFolder = "DockerRootDir"
    case name = "Name"
    case osType = "OSType"
    case architecture = "Architecture"
    case serverVersion = "ServerVersion"
    case cpus = "NCPU"
    case memory = "MemTotal"
    case memoryLimit = "MemoryLimit"
    case swapLimit = "SwapLimit"
    case pidsLimit = "PidsLimit"
    case cpuQuota = "CpuCfsQuota"
  }

  /// What the engine is known again by; nil: it does not say.
  var identity: String? {
    guard let id, !id.isEmpty else { return nil }
    return "engine:\(id) \(rootFolder ?? "")"
  }
  /// What placements call the place.
  var location: String { name.flatMap { $0.isEmpty ? nil : $0 } ?? "engine" }
  /// Processors of the engine's machine.
  var vcpu: Int { Int(min(max(cpus ?? 0, 0), 100_000)) }
  /// Memory of the engine's machine in MiB.
  var memoryMb: Int { Int(min(max(memory ?? 0, 0) / (1 << 20), 1 << 40)) }

  /// Limits that are sold and that this engine's kernel cannot keep.
  var unkeptLimits: [String] {
    [(memoryLimit, "memory"), (cpuQuota, "processors")].compactMap { $0.0 == false ? $0.1 : nil }
  }

  /// Limits that protect the engine's machine and that its kernel cannot keep.
  var missingLimits: [String] {
    [(pidsLimit, "processes"), (swapLimit, "swap")].compactMap { $0.0 == false ? $0.1 : nil }
  }

  /// The sizes that the catalog shows.
  var types: [MachineType] { MachineType.ladder(upTo: vcpu, memoryMb: memoryMb) }
}

/// Architectures by the engine's names (Go's, or the kernel's) and by ours.
enum Architecture {
  private static let names = ["amd64": "x86_64", "aarch64": "arm64", "armv7l": "arm"]

  /// Our name; one that we do not know stays as it is.
  static func ours(_ name: String) -> String { names[name] ?? name }
}

/// An image that the engine has: `GET /images/{name}/json`.
struct LocalImage: Decodable {
  var architecture: String?

  enum CodingKeys: String, CodingKey {
    case architecture = "Architecture"
  }
}

/// An image of `GET /images/json`.
struct ListedImage: Decodable {
  var id: String
  private var repoTags: [String]?

  /// Its names with tags; an image that lost its name has none.
  var names: [String] { (repoTags ?? []).filter { !$0.contains("<none>") } }

  enum CodingKeys: String, CodingKey {
    case id = "Id"
    case repoTags = "RepoTags"
  }
}

/// What a registry has under a name: `GET /distribution/{name}/json`.
struct RegistryImage: Decodable {
  var platforms: [Platform]?

  struct Platform: Decodable {
    var architecture: String?
    var os: String?
  }

  enum CodingKeys: String, CodingKey {
    case platforms = "Platforms"
  }
}
