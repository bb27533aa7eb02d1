import FoundationEssentials
import Model
import PluginMessages

// Between the plugins' messages and the core's nouns. Every number is clamped here, before anyone reckons with it.

/// Limits on what is believed of a plugin's answer.
enum Believed {
  static func milliseconds(_ value: Int64?) -> Int64? { value.map { min(max($0, 0), 600_000) } }

  static func count(_ value: Int) -> Int { min(max(value, 0), 1_000_000_000) }

  /// Text from outside: control characters out, at most `most` characters.
  static func text(_ value: String, most: Int = 1_000) -> String {
    // Most is plain, and nothing of it has to be looked up.
    if value.utf8.count <= most, value.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return value }
    return String(
      String.UnicodeScalarView(value.unicodeScalars.filter { $0.properties.generalCategory != .control }).prefix(most))
  }

  /// Cookies and ids as they are, where they are short enough; nil otherwise.
  static func opaque(_ value: String?, most: Int) -> String? { value.flatMap { $0.utf8.count <= most ? $0 : nil } }

  private static func isOfAddress(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: ":"),
      UInt8(ascii: "."),
      UInt8(ascii: "A")...UInt8(ascii: "F"):
      true
    default: false
    }
  }

  /// An address only where it is one: digits, dots, colons and hexadecimal digits.
  static func address(_ value: String?) -> String? {
    value.flatMap { text in
      !text.isEmpty && text.utf8.count <= 45 && text.utf8.allSatisfy(isOfAddress)
        ? text : nil
    }
  }
}

extension Failure {
  /// A failure as a plugin told it. What cannot be read keeps its code and says so.
  static func told(code: Int32, report bytes: [UInt8]) -> (failure: Failure, mayExist: Bool) {
    let known = PluginMessages.FailureCode(rawValue: code) ?? .internal
    let report = try? JSONDecoder().decode(FailureReport.self, from: Data(bytes))
    return told(known, report, fallback: bytes.isEmpty ? "no message" : "a message that cannot be read")
  }

  /// A failure inside a poll result.
  static func told(name: String, report: FailureReport?) -> Failure {
    told(PluginMessages.FailureCode(name: name) ?? .internal, report, fallback: "no message").failure
  }

  private static func told(
    _ code: PluginMessages.FailureCode, _ report: FailureReport?, fallback: String
  ) -> (failure: Failure, mayExist: Bool) {
    var failure = Failure(
      Model.FailureCode(rawValue: code.name) ?? .internal, Believed.text(report?.message ?? fallback))
    failure.remedy = report?.remedy.map { Believed.text($0) }
    failure.httpStatus = report?.httpStatus.map { min(max($0, 0), 999) }
    failure.cloudCode = report?.cloudCode.map { Believed.text($0, most: 100) }
    failure.correlationID = report?.correlationId.map { Believed.text($0, most: 100) }
    failure.retryAfterMs = report?.retryAfterMs.map { min(max($0, 0), 86_400_000) }
    failure.violations = (report?.violations ?? []).prefix(50).map { violation in
      Model.Violation(
        path: Believed.text(violation.path), message: Believed.text(violation.message),
        allowed: violation.allowed.prefix(200).map { Believed.text($0, most: 100) })
    }
    return (failure, report?.mayExist ?? true)
  }
}

extension Model.Price {
  /// A price whose numbers can be read; nil otherwise.
  init?(_ told: PluginMessages.Price) {
    guard let hourly = Money(decimal: told.hourly) else { return nil }
    self.init(
      hourly: hourly, monthly: told.monthly.flatMap { Money(decimal: $0) },
      currency: Believed.text(told.currency, most: 3), net: told.net,
      granularitySeconds: min(max(told.granularityS, 1), 2_678_400),
      minimumSeconds: min(max(told.minimumS, 0), 2_678_400),
      monthlyCap: told.monthlyCap.flatMap { Money(decimal: $0) })
  }
}

extension ResolvedPlacement {
  /// A placement as validate resolved it.
  init(_ told: ValidatedPlacement) {
    self.init(
      type: Believed.text(told.type, most: 200), location: Believed.text(told.location, most: 200),
      imageID: Believed.text(told.imageId, most: 500), architecture: Believed.text(told.architecture, most: 50),
      vcpu: Believed.count(told.vcpu), memoryMB: Believed.count(told.memoryMb), diskGB: Believed.count(told.diskGb),
      price: told.price.flatMap { Model.Price($0) }, warnings: told.warnings.prefix(20).map { Believed.text($0) })
  }
}

extension ObservedObject {
  /// An object as a plugin saw it; nil where its id cannot be one.
  init?(_ told: ObjectObservation) {
    guard let id = Believed.opaque(told.externalId, most: 500), !id.isEmpty else { return nil }
    self.init(
      externalID: id, state: ObservedState(rawValue: told.state.rawValue) ?? .unknown,
      ipv4: Believed.address(told.addresses.ipv4), createdAt: told.createdAt.map { Believed.text($0, most: 40) })
    ipv6 = Believed.address(told.addresses.ipv6)
    sshHost = Believed.address(told.ssh?.host)
    sshPort = told.ssh?.port.map { min(max($0, 1), 65_535) }
    error = told.error.map { Believed.text($0) }
  }
}

extension LookScope {
  /// The scope that a plugin named; a look that names none proves nothing, as a listing.
  init(_ told: ObservationScope?) {
    switch told {
    case .byID: self = .byID
    case .byName: self = .byName
    case .listing, nil: self = .listing
    }
  }
}

extension CloudLimits {
  /// What a manifest says, clamped.
  init(_ manifest: PluginManifest) {
    self.init(
      settleMs: Int64(min(max(manifest.settleWindowS, 0), 86_400)) * 1_000,
      lateWindowMs: Int64(min(max(manifest.lateWindowS, 0), 2_592_000)) * 1_000, uniqueNames: manifest.uniqueNames,
      pollBatch: min(max(manifest.maxPollBatch, 1), 1_000),
      requestsPerHour: manifest.rate?.perHour.map { min(max($0, 1), 100_000_000) })
  }
}
