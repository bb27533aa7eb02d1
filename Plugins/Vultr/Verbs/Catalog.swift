public import PluginKit
public import PluginMessages

extension VultrProvisioner {
  /// Everything that Vultr sells, with the stock of every region: one cached request for each.
  ///
  /// Where Vultr's limit of requests ends the asking, a region that was not asked counts as having in stock
  /// what can exist there; validate asks for the region that it is about.
  public func catalog(_ request: CatalogRequest, _ call: Call) throws(CloudFailure) -> CatalogReply {
    let market = Market(api: VultrAPI(call: call))
    // First what there must be.
    let plans = try market.plans().filter(\.isOnDemand).sorted { $0.id < $1.id }
    let systems = try market.systems().sorted { ($0.image, $0.id) < ($1.image, $1.id) }
    let regions = try market.regions().sorted { $0.id < $1.id }
    var stock: [String: Set<String>] = [:]
    for region in regions {
      do {
        stock[region.id] = try market.stock(region.id)
      } catch  where error.code == .rateLimited {
        call.log(.warning, "stock is not known in every region", ["asked": "\(stock.count)", "of": "\(regions.count)"])
        break
      }
    }
    return CatalogReply(
      types: plans.map { $0.sold(stock) },
      locations: regions.map { CatalogLocation(name: $0.id, city: $0.city, country: $0.country) },
      images: systems.map { CatalogImage(name: $0.image, id: String($0.id), architecture: $0.architecture) })
  }
}

extension Plan {
  fileprivate func sold(_ stock: [String: Set<String>]) -> CatalogType {
    CatalogType(
      name: id, description: type, vcpu: vcpu, memoryMb: memoryMb, diskGb: diskGb, architecture: Market.architecture,
      offers: (locations ?? []).sorted().map {
        CatalogOffer(location: $0, available: stock[$0]?.contains(id) ?? true, price: price)
      })
  }
}
