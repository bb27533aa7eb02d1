public import PluginKit
public import PluginMessages

extension DockerProvisioner {
  /// Checks placements against the engine: its size, its name, its images. An image that it has not is looked for in
  /// its registry; nothing is pulled.
  public func validate(_ request: ValidateRequest, _ call: Call) throws(CloudFailure) -> ValidateReply {
    let settings = try EngineSettings(request.account)
    let api = engine(request.account, call)
    let info = try api.info(cacheTtlS: 30)
    return try request.settle { spec, index throws(CloudFailure) in
      try Self.judge(spec, at: index, info, settings, api)
    }
  }

  private static func judge(
    _ spec: PlacementSpec, at index: Int, _ info: EngineInfo, _ settings: EngineSettings, _ api: DockerAPI
  ) throws(CloudFailure) -> Verdict {
    let path = "placements[\(index)]"
    let type = MachineType(spec.type)
    var (options, violations) = ContainerOptions.read(spec.config, at: "\(path).config")
    if let wanted = spec.config["network"]?.string {
      let offered = try api.networkNames(cacheTtlS: 30)
      if let misfit = options.misfit(among: offered, at: "\(path).config") { violations.insert(misfit, at: 0) }
      for index in violations.indices where violations[index].path == "\(path).config.network" {
        violations[index].allowed = offered.nearest(to: wanted)
      }
    }
    violations += misfits(type, spec.type, info, "\(path).type")
    if spec.location != info.location {
      violations.append(
        Violation(
          path: "\(path).location", message: "the engine's name is '\(info.location)', not '\(spec.location)'",
          allowed: [info.location]))
    }
    for limit in info.unkeptLimits {
      violations.append(
        Violation(path: "\(path).type", message: "the engine's kernel cannot limit \(limit): the size would be a lie"))
    }
    let found: FoundImage
    do throws(ImageReference.Problem) {
      found = try look(for: try ImageReference(spec.image), info, api)
    } catch {
      found = FoundImage(architecture: "", missing: error.message)
    }
    if let missing = found.missing {
      violations.append(
        Violation(
          path: "\(path).image", message: missing, allowed: (try? api.imageNames())?.nearest(to: spec.image) ?? []))
    }
    guard violations.isEmpty, let type else { return .wrong(violations) }
    var warnings = found.warnings
    if !info.missingLimits.isEmpty {
      warnings.append("the engine's kernel cannot limit \(info.missingLimits.joined(separator: " and "))")
    }
    return .holds(
      ValidatedPlacement(
        index: index, type: type.name, location: info.location, imageId: spec.image, architecture: found.architecture,
        vcpu: type.vcpu, memoryMb: type.memoryMb, diskGb: Int(options.diskGb ?? 0), price: settings.price(of: type),
        warnings: warnings))
  }

  private static func misfits(_ type: MachineType?, _ name: String, _ info: EngineInfo, _ path: String) -> [Violation] {
    guard let type else {
      return [
        Violation(
          path: path,
          message: "'\(name)' is no size: expected c<vCPUs>-m<MiB>, with at least \(MachineType.leastMemory) MiB",
          allowed: info.types.map(\.name).nearest(to: name))
      ]
    }
    var violations: [Violation] = []
    if type.vcpu > info.vcpu {
      violations.append(
        Violation(
          path: path, message: "the engine has \(info.vcpu) processors, '\(name)' needs \(type.vcpu)",
          allowed: info.types.map(\.name)))
    }
    if type.memoryMb > info.memoryMb {
      violations.append(
        Violation(
          path: path, message: "the engine has \(info.memoryMb) MiB of memory, '\(name)' needs \(type.memoryMb)",
          allowed: info.types.map(\.name)))
    }
    return violations
  }

  /// What is known of an image.
  private struct FoundImage {
    var architecture: String
    /// Why it cannot be had.
    var missing: String?
    var warnings: [String] = []
  }

  private static func look(
    for reference: ImageReference, _ info: EngineInfo, _ api: DockerAPI
  ) throws(ImageReference.Problem) -> FoundImage {
    let ours = Architecture.ours(info.architecture ?? "x86_64")
    do throws(CloudFailure) {
      if let local = try api.image(reference) {
        let theirs = Architecture.ours(local.architecture ?? ours)
        var found = FoundImage(architecture: theirs)
        if theirs != ours { found.missing = "image '\(reference.text)' is for \(theirs), the engine is \(ours)" }
        return found
      }
      let get = CloudRequest(.get, "/distribution/\(reference.text)/json", timeoutMs: 10_000)
      let remote = try api.send(get, as: RegistryImage.self)
      var found = FoundImage(architecture: ours)
      let platforms = (remote.platforms ?? []).compactMap(\.architecture).map(Architecture.ours)
      if !platforms.isEmpty, !platforms.contains(ours) {
        found.missing = "the registry has '\(reference.text)' for \(platforms.joined(separator: ", ")), not for \(ours)"
      }
      return found
    } catch {
      var found = FoundImage(architecture: ours)
      switch error.code {
      case .notFound, .invalidSpec, .unauthenticated, .forbidden:
        found.missing =
          "neither the engine nor a registry that it may ask has '\(reference.text)': \(error.report.cloudMessage ?? "")"
      default:
        found.warnings.append(
          "the engine has no image '\(reference.text)' and its registry could not be asked: \(error.report.message)")
      }
      return found
    }
  }
}
