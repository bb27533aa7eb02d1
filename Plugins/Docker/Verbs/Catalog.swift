public import PluginKit
public import PluginMessages

extension DockerProvisioner {
  /// Sizes that the engine has room for at all, the engine as the only place, and the images that it has.
  public func catalog(_ request: CatalogRequest, _ call: Call) throws(CloudFailure) -> CatalogReply {
    let settings = try EngineSettings(request.account)
    let api = engine(request.account, call)
    let info = try api.info(cacheTtlS: 30)
    let architecture = Architecture.ours(info.architecture ?? "x86_64")
    let images = try api.images()
    return CatalogReply(
      types: info.types.map { type in
        CatalogType(
          name: type.name, description: "\(type.vcpu) vCPU, \(type.memoryMb) MiB; other sizes by the same pattern",
          vcpu: type.vcpu, memoryMb: type.memoryMb, diskGb: 0, architecture: architecture,
          offers: [CatalogOffer(location: info.location, available: true, price: settings.price(of: type))])
      }, locations: [CatalogLocation(name: info.location)],
      images: images.flatMap { image in
        image.names.map { CatalogImage(name: $0, id: image.id, architecture: architecture) }
      }.sorted { $0.name < $1.name })
  }
}

extension DockerAPI {
  /// The images that the engine has; half a minute old is good enough.
  func images() throws(CloudFailure) -> [ListedImage] {
    let get = CloudRequest(.get, "/images/json", maxResponse: 16 << 20, cacheTtlS: 30)
    return try send(get, as: ReadableItems<ListedImage>.self).items
  }

  /// Their names with tags.
  func imageNames() throws(CloudFailure) -> [String] { try images().flatMap(\.names).sorted() }
}
