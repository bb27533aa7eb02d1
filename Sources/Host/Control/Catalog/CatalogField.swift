/// What of a catalog is asked for.
package enum CatalogPart: String, Codable, Sendable, Hashable, CaseIterable {
  case types, locations, images

  /// What `--where` can ask of its entries.
  package var fields: [CatalogField] {
    switch self {
    case .types:
      [
        .init("name", .text), .init("location", .text), .init("architecture", .text), .init("vcpu", .number),
        .init("memory", .number), .init("disk", .number), .init("price", .number), .init("hourly", .number),
        .init("stock", .flag), .init("deprecated", .flag),
      ]
    case .locations: [.init("name", .text), .init("city", .text), .init("country", .text)]
    case .images:
      [.init("name", .text), .init("id", .text), .init("architecture", .text), .init("deprecated", .flag)]
    }
  }
}

/// One thing that can be asked of an entry.
package struct CatalogField: Sendable, Hashable {
  /// Its name.
  package var name: String
  /// How it compares.
  package var kind: Kind

  /// How a field compares.
  package enum Kind: Sendable, Hashable {
    /// Without regard to case.
    case text
    case number
    /// `yes` or `no`.
    case flag

    /// The operators that it takes.
    package var operators: [CatalogOperator] {
      switch self {
      case .text: [.equal, .unequal, .contains]
      case .number: [.equal, .unequal, .less, .atMost, .greater, .atLeast]
      case .flag: [.equal, .unequal]
      }
    }

    var name: String {
      switch self {
      case .text: "text"
      case .number: "a number"
      case .flag: "yes or no"
      }
    }
  }

  init(_ name: String, _ kind: Kind) {
    self.name = name
    self.kind = kind
  }
}

/// How a field is compared with a value.
package enum CatalogOperator: String, Sendable, Hashable, CaseIterable {
  case equal = "="
  case unequal = "!="
  case less = "<"
  case atMost = "<="
  case greater = ">"
  case atLeast = ">="
  case contains = "~"
}

/// A value of a condition, or of a field of an entry.
package enum CatalogValue: Sendable, Hashable {
  /// Lower-case text.
  case text(String)
  /// A number in units of `CatalogValue.one`.
  case number(Int64)
  case flag(Bool)

  /// The number 1. A multiple of 1024 and of a million, so that prices and MiB are whole.
  package static let one: Int64 = 1_024_000_000

  /// A whole number, clamped to a thousand million.
  static func whole(_ number: Int) -> CatalogValue { .number(Int64(min(max(number, 0), 1_000_000_000)) * one) }

  /// MiB as GiB.
  static func gibibytes(_ mebibytes: Int) -> CatalogValue {
    .number(Int64(min(max(mebibytes, 0), 1_000_000_000)) * (one / 1024))
  }

  /// A plain decimal of at most 9 digits before the point and 6 behind it; nil for anything else.
  static func decimal(_ text: some StringProtocol) -> CatalogValue? {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = parts.first, (1...9).contains(whole.utf8.count), whole.utf8.allSatisfy({ (48...57).contains($0) })
    else { return nil }
    var number = whole.utf8.reduce(0 as Int64) { $0 * 10 + Int64($1 - 48) } * one
    if parts.count == 2 {
      guard (1...6).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy({ (48...57).contains($0) }) else {
        return nil
      }
      var scale = one
      for digit in parts[1].utf8 {
        scale /= 10
        number += Int64(digit - 48) * scale
      }
    }
    return .number(number)
  }
}
