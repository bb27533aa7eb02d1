import PluginMessages

/// Body of `POST /containers/create` (docker-engine API, ContainerConfig and HostConfig). No environment is set: everyone
/// who may look at a container can read it.
struct NewContainer: Encodable {
  var image: String
  var hostname: String
  var entrypoint: [String]
  var command: [String]
  var labels: [String: String]
  var hostConfig: HostConfig
  private let exposedPorts = [ssh: Nothing()]

  /// The port that is published.
  static let ssh = "22/tcp"

  init(
    _ request: ProvisionRequest, _ type: MachineType, _ options: ContainerOptions, _ settings: EngineSettings,
    _ boot: FirstBoot
  ) {
    image = request.imageId
    hostname = request.name
    entrypoint = Array(boot.command.prefix(1))
    command = Array(boot.command.dropFirst())
    labels = Labels.of(request)
    hostConfig = HostConfig(type, options, settings)
  }

  enum CodingKeys: String, CodingKey {
    case image = "Image"
    case hostname = "Hostname"
    case entrypoint = "Entrypoint"
    case command = "Cmd"
    case labels = "Labels"
    case hostConfig = "HostConfig"
    case exposedPorts = "ExposedPorts"
  }

  private struct Nothing: Encodable {}
}

/// Limits and network of a container. `NanoCpus` and not `CpuCount`, which Linux ignores.
struct HostConfig: Encodable {
  var nanoCpus: Int64
  var memory: Int64
  var memorySwap: Int64
  var pidsLimit: Int64
  var portBindings: [String: [Binding]]
  var restartPolicy: RestartPolicy
  var networkMode: String
  var capDrop: [String]
  var securityOpt: [String]
  var shmSize: Int64?
  var storageOpt: [String: String]?
  var initProcess: Bool

  init(_ type: MachineType, _ options: ContainerOptions, _ settings: EngineSettings) {
    let mebibyte: Int64 = 1 << 20
    nanoCpus = Int64(type.vcpu) * 1_000_000_000
    memory = Int64(type.memoryMb) * mebibyte
    memorySwap = memory + options.swapMb * mebibyte
    pidsLimit = options.pidsLimit
    // An empty port is any free one; which one it became is read once the container runs.
    portBindings = [NewContainer.ssh: [Binding(hostIp: settings.bindAddress, hostPort: "")]]
    restartPolicy = RestartPolicy(name: options.restart)
    networkMode = options.network ?? "default"
    capDrop = options.capDrop
    securityOpt = options.noNewPrivileges ? ["no-new-privileges:true"] : []
    shmSize = options.shmMb.map { $0 * mebibyte }
    storageOpt = options.diskGb.map { ["size": "\($0)G"] }
    initProcess = options.initProcess
  }

  enum CodingKeys: String, CodingKey {
    case nanoCpus = "NanoCpus"
    case memory = "Memory"
    case memorySwap = "MemorySwap"
    case pidsLimit = "PidsLimit"
    case portBindings = "PortBindings"
    case restartPolicy = "RestartPolicy"
    case networkMode = "NetworkMode"
    case capDrop = "CapDrop"
    case securityOpt = "SecurityOpt"
    case shmSize = "ShmSize"
    case storageOpt = "StorageOpt"
    case initProcess = "Init"
  }

  struct Binding: Encodable {
    var hostIp: String
    var hostPort: String

    enum CodingKeys: String, CodingKey {
      case hostIp = "HostIp"
      case hostPort = "HostPort"
    }
  }

  struct RestartPolicy: Encodable {
    var name: String

    enum CodingKeys: String, CodingKey {
      case name = "Name"
    }
  }
}
