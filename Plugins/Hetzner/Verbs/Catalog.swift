public import PluginKit
public import PluginMessages

extension HetznerProvisioner {
  /// Everything that Hetzner sells, all pages.
  public func catalog(_ request: CatalogRequest, _ call: Call) throws(CloudFailure) -> CatalogReply {
    let api = HetznerAPI(call: call)
    let currency = request.account.settings["currency"]?.string ?? "EUR"
    let types = try api.list(ServerType.self, "/server_types", cacheTtlS: Market.stockTtlS)
    let locations = try api.list(Location.self, "/locations", cacheTtlS: Market.imageTtlS)
    let images = try api.list(
      Image.self, "/images", ["type": "system", "status": "available", "include_deprecated": "true"],
      cacheTtlS: Market.imageTtlS)
    return CatalogReply(
      types: types.items.values.sorted { $0.name < $1.name }.map { $0.sold(currency) },
      locations: locations.items.values.sorted { $0.name < $1.name }
        .map { CatalogLocation(name: $0.name, city: $0.city, country: $0.country) },
      images: images.items.values.sorted { ($0.name ?? "", $0.id) < ($1.name ?? "", $1.id) }.compactMap(\.offered))
  }
}

extension ServerType {
  fileprivate func sold(_ currency: String) -> CatalogType {
    CatalogType(
      name: name, description: description, vcpu: cores, memoryMb: memoryMb, diskGb: diskGb,
      architecture: Architecture.ours(architecture),
      offers: locations.map {
        CatalogOffer(
          location: $0.name, available: $0.available ?? true, price: price(in: $0.name, currency: currency),
          deprecatedAfter: $0.deprecation?.unavailableAfter)
      })
  }
}

extension Image {
  /// Hetzner withdraws a deprecated image about three months after the date.
  fileprivate var offered: CatalogImage? {
    let end = deprecated.flatMap(Instant.seconds).map { Instant.rfc3339($0 + 90 * 86_400) }
    return name.map {
      CatalogImage(name: $0, id: String(id), architecture: Architecture.ours(architecture), deprecatedAfter: end)
    }
  }
}
