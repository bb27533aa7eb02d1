package import Control

/// Offerings for people; pure.
package enum OfferingText {
  /// One line each.
  package static func list(_ offerings: [OfferingView], colours: Bool) -> String {
    guard !offerings.isEmpty else { return "no offerings; `slipway offering add --help` shows how to add one\n" }
    var table = Table(["NAME", "READINESS", "DEADLINE", "IMAGE", "PLACEMENTS", "WARNINGS"])
    for offering in offerings {
      let images = offering.placements.reduce(into: [String]()) { if !$0.contains($1.image) { $0.append($1.image) } }
      table.add([
        Cell(offering.name, .strong), Cell(offering.readiness),
        Cell(TimeSpan.text(ms: Int64(clamping: offering.provisionDeadlineS) &* 1000)),
        Cell(images.joined(separator: " ")), Cell(offering.placements.map(place).joined(separator: " ")),
        offering.warnings.isEmpty ? Cell("") : Cell("\(offering.warnings.count)", .busy),
      ])
    }
    let warnings = offerings.flatMap { offering in
      offering.warnings.map { "\(Plain.text(offering.name)): \(warning($0))\n" }
    }
    return table.text(colours: colours) + (warnings.isEmpty ? "" : "\n" + warnings.joined())
  }

  /// Everything of one.
  package static func show(_ offering: OfferingView, colours: Bool) -> String {
    var table = Table()
    table.add("offering", offering.name, .strong)
    table.add("readiness", offering.readiness)
    if let recipe = offering.recipe { RecipeText.use(recipe, in: &table) }
    if offering.onFailure != "end" {
      let span = offering.keepForS.map { " for \(TimeSpan.text(ms: Int64(clamping: $0) &* 1000))" } ?? ""
      table.add("on failure", offering.onFailure + span)
    }
    if offering.removesAccess { table.add("access", "our key is removed before a machine is handed over") }
    table.add("deadline", TimeSpan.text(ms: Int64(clamping: offering.provisionDeadlineS) &* 1000))
    for (index, placement) in offering.placements.enumerated() {
      table.add("placement \(index + 1)", "\(place(placement)) with \(placement.image)")
    }
    if let webhook = offering.notify?.webhook {
      table.add("tells", "\(webhook), \(offering.notify?.isSigned == true ? "signed" : "not signed")")
    }
    if let email = offering.notify?.email { table.add("tells", email) }
    table.add("checked", offering.checkedAt?.description ?? "not yet; `slipway offering validate` asks the clouds now")
    for warning in offering.warnings { table.add("warning", self.warning(warning), .busy) }
    if case .object(let members) = offering.config, !members.isEmpty {
      table.add("config", String(decoding: ControlCoding.encode(offering.config), as: UTF8.self))
    }
    return table.text(colours: colours)
  }

  /// `prod/s1/north: costs 0.007 EUR/h, and cost 0.006 EUR/h (since 2026-01-31)`.
  static func warning(_ warning: OfferingWarningView) -> String {
    let since = warning.since.description.prefix { $0 != "T" }
    return Plain.text("\(place(warning.placement)): \(warning.text) (since \(since))")
  }

  /// What the clouds say.
  package static func validation(_ validation: ValidationView, colours: Bool) -> String {
    var table = Table(["PLACEMENT", "HOLDS", "VCPU", "MEMORY", "DISK", "ARCH", "IMAGE", "PRICE"])
    for check in validation.placements {
      table.add([
        Cell(place(check.placement), .strong), .state(check.holds ? "yes" : "no"),
        Cell(check.vcpu.map { "\($0)" } ?? "-"), Cell(check.memoryMb.map(memory) ?? "-"),
        Cell(check.diskGb.map { "\($0) GB" } ?? "-"), Cell(check.architecture ?? "-"), Cell(check.imageId ?? "-"),
        Cell(check.price.map(price) ?? "-"),
      ])
    }
    var text = table.text(colours: colours)
    for check in validation.placements {
      let name = Plain.text(place(check.placement))
      for warning in check.warnings { text += "\n\(name): warning: \(Plain.text(warning))\n" }
      if let failure = check.failure { text += "\n\(name): \(FailureText.lines(failure))" }
    }
    return text
  }

  /// `account/type/location`.
  package static func place(_ placement: PlacementView) -> String {
    "\(placement.account)/\(placement.type)/\(placement.location)"
  }

  /// `0.006 EUR/h net, at most 3.79 EUR/month`.
  package static func price(_ price: PriceView) -> String {
    var text = "\(price.hourly) \(price.currency)/h"
    if price.net { text += " net" }
    if let most = price.monthlyCap { text += ", at most \(most) \(price.currency)/month" }
    return text
  }

  static func memory(_ mebibytes: Int) -> String {
    mebibytes % 1024 == 0 ? "\(mebibytes / 1024) GiB" : "\(mebibytes) MiB"
  }
}
