import PluginKit
import PluginMessages

/// An account's settings: where its containers are reached, and what they cost.
struct EngineSettings: Sendable, Hashable {
  /// Where the published ports are reached.
  var address: String
  /// The engine's own address on which they are published.
  var bindAddress: String
  /// ISO 4217 code.
  var currency: String
  /// Price of one vCPU for one hour, in millionths.
  var vcpuHourly: Int64
  /// Price of one GiB of memory for one hour, in millionths.
  var gibHourly: Int64

  static let schema = JSONValue.object([
    "type": .string("object"),
    "additionalProperties": .bool(false),
    "properties": .object([
      "address": text(
        "Address", "Numeric address at which containers are reached", from: 2, to: 45, or: "127.0.0.1"),
      "bind_address": text(
        "Bind address", "The engine's own numeric address for published ports, where it is another one", from: 2,
        to: 45),
      "currency": text("Currency", "ISO 4217 code of the prices", from: 3, to: 3, or: "EUR"),
      "vcpu_hourly": price("vCPU price", "Price of one vCPU for one hour, such as 0.005"),
      "gib_hourly": price("Memory price", "Price of one GiB of memory for one hour, such as 0.002"),
    ]),
  ])

  private static func price(_ title: String, _ description: String) -> JSONValue {
    .object([
      "type": .array([.string("number"), .string("string")]), "title": .string(title),
      "description": .string(description), "minimum": .integer(0), "maxLength": .integer(13), "default": .integer(0),
    ])
  }

  private static func text(
    _ title: String, _ description: String, from least: Int64, to most: Int64, or normal: String? = nil
  ) -> JSONValue {
    var schema: [String: JSONValue] = [
      "type": .string("string"), "title": .string(title), "description": .string(description),
      "minLength": .integer(least), "maxLength": .integer(most),
    ]
    schema["default"] = normal.map { .string($0) }
    return .object(schema)
  }

  /// Reads an account's settings; throws INVALID_SPEC for an address that is none, or a price that is none.
  init(_ account: AccountContext) throws(CloudFailure) {
    let settings = account.settings
    var violations: [Violation] = []
    func address(_ name: String, or normal: String) -> String {
      guard let text = settings[name]?.string else { return normal }
      if !NumericAddress.isOne(text) {
        violations.append(
          Violation(path: "settings.\(name)", message: "'\(text)' is no numeric address, such as 192.0.2.7"))
      }
      return text
    }
    func price(_ name: String) -> Int64 {
      guard let value = settings[name] else { return 0 }
      guard let price = Micros.read(value) else {
        violations.append(
          Violation(
            path: "settings.\(name)",
            message: "is no price: expected at most 6 digits before and after the point, such as 0.005"))
        return 0
      }
      return price
    }
    self.address = address("address", or: "127.0.0.1")
    bindAddress = address("bind_address", or: self.address)
    currency = settings["currency"]?.string ?? "EUR"
    vcpuHourly = price("vcpu_hourly")
    gibHourly = price("gib_hourly")
    try CloudFailure.check(violations, remedy: "correct the account's settings: add it again with other --set")
  }

  /// The address as the host takes it.
  var addresses: Addresses {
    address.contains(":") ? Addresses(ipv6: address) : Addresses(ipv4: address)
  }

  /// What a type costs: billed by the second, nothing where no price is set.
  func price(of type: MachineType) -> Price {
    let memory = (Int64(type.memoryMb) * gibHourly + 1_023) / 1_024
    return Price(
      hourly: Micros.text(Int64(type.vcpu) * vcpuHourly + memory), currency: currency, net: true, granularityS: 1)
  }
}

/// Decimal numbers in millionths.
enum Micros {
  /// Reads a number or its text.
  static func read(_ value: JSONValue) -> Int64? {
    switch value {
    case .integer(let number): return (0..<1_000_000).contains(number) ? number * 1_000_000 : nil
    case .number(let number):
      // A binary number is the decimal one that it is nearest to, where that has no more than 6 digits.
      let micros = number * 1_000_000
      guard micros >= 0, micros < 1e12, abs(micros - micros.rounded()) < 1e-3 else { return nil }
      return Int64(exactly: micros.rounded())
    case .string(let text): return read(text)
    default: return nil
    }
  }

  /// Reads `12`, `0.005`; at most 6 digits before and after the point.
  static func read(_ text: String) -> Int64? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, let whole = digits(parts[0]) else { return nil }
    guard parts.count == 2 else { return whole * 1_000_000 }
    guard let fraction = digits(parts[1]) else { return nil }
    return whole * 1_000_000 + (0..<(6 - parts[1].utf8.count)).reduce(fraction) { value, _ in value * 10 }
  }

  /// Writes it as short as it is exact.
  static func text(_ micros: Int64) -> String {
    var fraction = String(1_000_000 + micros % 1_000_000).dropFirst()
    while fraction.last == "0" { fraction.removeLast() }
    return fraction.isEmpty ? "\(micros / 1_000_000)" : "\(micros / 1_000_000).\(fraction)"
  }

  private static func digits(_ text: Substring) -> Int64? {
    guard (1...6).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int64(text)
  }
}

/// Numeric IP addresses.
enum NumericAddress {
  /// Whether the text is one: four numbers, or groups of hexadecimal digits.
  static func isOne(_ text: String) -> Bool { isIPv4(text) || isIPv6(text) }

  private static func isIPv4(_ text: String) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { part in
        (1...3).contains(part.utf8.count) && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
          && (Int(part) ?? 256) < 256
      }
  }

  private static func isIPv6(_ text: String) -> Bool {
    let halves = text.components(of: "::")
    guard halves.count <= 2 else { return false }
    let groups = halves.flatMap { $0.isEmpty ? [] : $0.split(separator: ":", omittingEmptySubsequences: false) }
    let areGroups = groups.allSatisfy { (1...4).contains($0.utf8.count) && $0.allSatisfy(\.isHexDigit) }
    return areGroups && (halves.count == 2 ? groups.count < 8 : groups.count == 8)
  }
}

extension String {
  /// The parts between a separator.
  fileprivate func components(of separator: String) -> [Substring] {
    var parts: [Substring] = []
    var rest = self[...]
    while let found = rest.firstRange(of: separator) {
      parts.append(rest[..<found.lowerBound])
      rest = rest[found.upperBound...]
    }
    return parts + [rest]
  }
}

extension CloudFailure {
  /// Throws INVALID_SPEC with all violations, where there are any.
  static func check(_ violations: [Violation], remedy: String) throws(CloudFailure) {
    guard !violations.isEmpty else { return }
    throw CloudFailure(
      .invalidSpec, violations.map { "\($0.path): \($0.message)" }.joined(separator: "; "), remedy: remedy,
      mayExist: false, violations: violations)
  }
}
