package import Control

/// What a cloud sells, for people; pure.
package enum CatalogText {
  /// A line for each entry, then how many were left out because the cloud does not say what was asked for.
  package static func table(_ catalog: CatalogView, colours: Bool) -> String {
    var text = ""
    if let types = catalog.types { text += self.types(types, colours: colours) }
    if let locations = catalog.locations { text += self.locations(locations, colours: colours) }
    if let images = catalog.images { text += self.images(images, colours: colours) }
    for (field, count) in catalog.unknown.sorted(by: { $0.key < $1.key }) {
      text += "\n\(count) left out: the cloud does not say \(Plain.text(field))\n"
    }
    return text
  }

  private static func types(_ types: [CatalogTypeView], colours: Bool) -> String {
    guard !types.isEmpty else { return "no type fits\n" }
    var table = Table(["TYPE", "LOCATION", "VCPU", "MEMORY", "DISK", "ARCH", "STOCK", "HOURLY", "MONTHLY", "UNTIL"])
    for type in types {
      let currency = type.price.map { " \($0.currency)" } ?? ""
      table.add([
        Cell(type.name, .strong), Cell(type.location ?? "-"), Cell(type.vcpu.map { "\($0)" } ?? "-"),
        Cell(type.memoryMb.map(OfferingText.memory) ?? "-"), Cell(type.diskGb.map { "\($0) GB" } ?? "-"),
        Cell(type.architecture), .state(type.available ? "yes" : "no"),
        Cell(type.price.map { $0.hourly + currency } ?? "-"), Cell(type.pricePerMonth.map { $0 + currency } ?? "-"),
        end(type.deprecatedAfter),
      ])
    }
    return table.text(colours: colours)
  }

  private static func locations(_ locations: [CatalogLocationView], colours: Bool) -> String {
    guard !locations.isEmpty else { return "no location fits\n" }
    var table = Table(["LOCATION", "CITY", "COUNTRY"])
    for location in locations {
      table.add([Cell(location.name, .strong), Cell(location.city ?? "-"), Cell(location.country ?? "-")])
    }
    return table.text(colours: colours)
  }

  private static func images(_ images: [CatalogImageView], colours: Bool) -> String {
    guard !images.isEmpty else { return "no image fits\n" }
    var table = Table(["IMAGE", "ARCH", "ID", "UNTIL"])
    for image in images {
      table.add([Cell(image.name, .strong), Cell(image.architecture), Cell(image.id), end(image.deprecatedAfter)])
    }
    return table.text(colours: colours)
  }

  /// The date after which something cannot be had any more.
  private static func end(_ date: String?) -> Cell {
    date.map { Cell(String($0.prefix { $0 != "T" }), .busy) } ?? Cell("")
  }
}
