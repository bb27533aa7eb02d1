/// Which part of a catalog, under which conditions, and in which order; pure.
package struct CatalogSelection: Sendable, Hashable {
  /// The part; nil: all of it.
  package let part: CatalogPart?
  /// The conditions on its entries.
  package let filter: CatalogFilter?

  /// Reads the words of a query or a command line. Conditions need a part.
  package init(part: String?, where conditions: String?) throws(ControlFailure) {
    let allowed = CatalogPart.allCases.map(\.rawValue)
    if let part {
      guard let known = CatalogPart(rawValue: part) else {
        throw Members.bad(
          "part", "is not known", expected: allowed.joined(separator: ", "), found: Members.shown(part),
          remedy: Nearest.candidate(to: part, among: allowed).map { "did you mean \($0)?" }, allowed: allowed)
      }
      self.part = known
      guard let conditions else {
        filter = nil
        return
      }
      filter = try CatalogFilter(conditions, of: known)
    } else {
      guard conditions == nil else {
        throw Members.bad(
          "where", "needs a part", expected: allowed.joined(separator: ", "), found: "no part", allowed: allowed)
      }
      self.part = nil
      filter = nil
    }
  }

  /// What is left of a whole catalog, in order: types by the price of a month, those without one last; the rest by name.
  package func applied(to whole: CatalogView) -> CatalogView {
    var unknown: [String: Int] = [:]
    func chosen<Entry>(_ entries: [Entry], _ value: (Entry, String) -> CatalogValue?) -> [Entry] {
      guard let filter else { return entries }
      return entries.filter { entry in
        switch filter.verdict({ value(entry, $0) }) {
        case .holds: return true
        case .fails: return false
        case .unknown(let fields):
          for field in fields { unknown[field, default: 0] += 1 }
          return false
        }
      }
    }
    func wants(_ other: CatalogPart) -> Bool { part == nil || part == other }
    var view = CatalogView(account: whole.account)
    if wants(.types) {
      view.types = chosen(whole.types ?? []) { $0.value(of: $1) }.sorted { $0.rank < $1.rank }
    }
    if wants(.locations) {
      view.locations = chosen(whole.locations ?? []) { $0.value(of: $1) }.sorted { $0.name < $1.name }
    }
    if wants(.images) {
      view.images = chosen(whole.images ?? []) { $0.value(of: $1) }
        .sorted { ($0.name, $0.architecture, $0.id) < ($1.name, $1.architecture, $1.id) }
    }
    view.unknown = unknown
    return view
  }
}

extension CatalogTypeView {
  func value(of field: String) -> CatalogValue? {
    switch field {
    case "name": .text(name.lowercased())
    case "location": location.map { .text($0.lowercased()) }
    case "architecture": .text(architecture.lowercased())
    case "vcpu": vcpu.map { .whole($0) }
    case "memory": memoryMb.map { .gibibytes($0) }
    case "disk": diskGb.map { .whole($0) }
    case "price": pricePerMonth.flatMap { .decimal($0) }
    case "hourly": (price?.hourly).flatMap { .decimal($0) }
    case "stock": .flag(available)
    case "deprecated": .flag(deprecatedAfter != nil)
    default: nil
    }
  }

  /// Cheap first; what has no price comes last.
  fileprivate var rank: Rank {
    func number(_ field: String) -> Int64 {
      if case .number(let number)? = value(of: field) { number } else { .max }
    }
    return Rank(month: number("price"), hour: number("hourly"), name: name, location: location ?? "")
  }

  fileprivate struct Rank: Comparable {
    var month: Int64
    var hour: Int64
    var name: String
    var location: String

    static func < (a: Rank, b: Rank) -> Bool {
      (a.month, a.hour, a.name, a.location) < (b.month, b.hour, b.name, b.location)
    }
  }
}

extension CatalogLocationView {
  func value(of field: String) -> CatalogValue? {
    switch field {
    case "name": .text(name.lowercased())
    case "city": city.map { .text($0.lowercased()) }
    case "country": country.map { .text($0.lowercased()) }
    default: nil
    }
  }
}

extension CatalogImageView {
  func value(of field: String) -> CatalogValue? {
    switch field {
    case "name": .text(name.lowercased())
    case "id": .text(id.lowercased())
    case "architecture": .text(architecture.lowercased())
    case "deprecated": .flag(deprecatedAfter != nil)
    default: nil
    }
  }
}
