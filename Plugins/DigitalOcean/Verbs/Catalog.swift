public import PluginKit
public import PluginMessages

extension DigitalOceanProvisioner {
  /// Everything that DigitalOcean sells, all pages.
  public func catalog(_ request: CatalogRequest, _ call: Call) throws(CloudFailure) -> CatalogReply {
    let market = Market(api: DigitalOceanAPI(call: call))
    let regions = try market.regions()
    let open = Dictionary(regions.map { ($0.slug, $0) }) { first, _ in first }
    let images = try market.images("distribution") + market.images("application")
    return CatalogReply(
      types: try market.sizes().sorted { $0.slug < $1.slug }.map { $0.sold(open) },
      locations: regions.sorted { $0.slug < $1.slug }.map { CatalogLocation(name: $0.slug, city: $0.name) },
      images: images.sorted { $0.id < $1.id }.map {
        CatalogImage(
          name: ImageName.of(slug: $0.reference), id: $0.reference, architecture: Market.architecture)
      })
  }
}

extension Size {
  /// A size is in stock where both it and the region are available and each names the other.
  fileprivate func sold(_ open: [String: Region]) -> CatalogType {
    CatalogType(
      name: slug, description: description, vcpu: vcpu, memoryMb: memoryMb, diskGb: diskGb,
      architecture: Market.architecture,
      offers: Set(regions ?? []).sorted().map {
        CatalogOffer(location: $0, available: isInStock(in: open[$0]), price: price)
      })
  }

  /// Whether it can be bought in a region now; what DigitalOcean does not tell speaks for it.
  func isInStock(in region: Region?) -> Bool {
    guard let region else { return false }
    return available != false && region.available != false && regions?.contains(region.slug) != false
      && region.sizes?.contains(slug) != false
  }
}
