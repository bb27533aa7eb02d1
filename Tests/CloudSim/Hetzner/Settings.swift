/// What can be turned on the simulated cloud; delays are milliseconds, drawn from spans.
package struct HetznerSettings: Sendable, Hashable {
  /// From the answer to POST /servers until the server runs.
  package var create = Span(8_000, 12_000)
  /// From power to an answer on port 22.
  package var boot = Span(4_000, 9_000)
  /// From the answer to DELETE until the server is gone.
  package var delete = Span(1_500, 3_500)
  /// Length of poweron, poweroff, reset, reboot and other short actions.
  package var power = Span(1_000, 3_000)
  /// From the end of a shutdown action until the server is off.
  package var shutdown = Span(2_000, 5_000)
  /// Requests an hour and project, all of which may come at once.
  package var rateLimit: Int64 = 3600
  /// Milliseconds that give back one request.
  package var rateRefill: Int64 = 1000
  /// Servers in one project.
  package var serverLimit: Int64 = 1000
  /// Whether a second server of one name is refused.
  package var uniqueNames = true
  /// Whether a server is locked while one of its actions runs.
  package var lockWhileBusy = true
  /// Whether a listing names a next page after an exactly full last one.
  package var nextOnFullPage = false
  /// Whether listings say `last_page` null.
  package var nullLastPage = false
  /// Milliseconds by which instants in answers lie off the clock.
  package var skew: Int64 = 0
  /// Where Link headers lead.
  package var baseURL = "https://api.hetzner.cloud/v1"

  /// Delays as they are in reality.
  package static let realistic = HetznerSettings()

  /// Delays of a few milliseconds and no rate limit to speak of.
  package static let fast: HetznerSettings = {
    var settings = HetznerSettings()
    settings.create = Span(20, 40)
    settings.boot = Span(5, 10)
    settings.delete = Span(5, 15)
    settings.power = Span(5, 10)
    settings.shutdown = Span(10, 20)
    settings.rateLimit = 1_000_000
    settings.rateRefill = 1
    return settings
  }()

  /// Settings as the admin endpoint shows them.
  package var json: JSON {
    [
      "create_ms": create.json, "boot_ms": boot.json, "delete_ms": delete.json, "power_ms": power.json,
      "shutdown_ms": shutdown.json, "rate_limit": .int(rateLimit), "rate_refill_ms": .int(rateRefill),
      "server_limit": .int(serverLimit), "unique_names": .bool(uniqueNames), "lock_while_busy": .bool(lockWhileBusy),
      "next_on_full_page": .bool(nextOnFullPage), "null_last_page": .bool(nullLastPage), "skew_ms": .int(skew),
      "base_url": .string(baseURL),
    ]
  }

  /// Changes what the object names; throws what is wrong with it, and then nothing is changed.
  package mutating func change(_ json: JSON) throws(AdminProblem) {
    try AdminProblem.check(json, HetznerSettings.rules, "settings")
    for (name, _) in HetznerSettings.spans {
      guard let value = json[name], Span(json: value) == nil else { continue }
      throw AdminProblem("settings: \(name): expected milliseconds or [least, most], found \(value.text)")
    }
    for (name, path) in HetznerSettings.spans {
      if let span = json[name].flatMap(Span.init(json:)) { self[keyPath: path] = span }
    }
    for (name, path) in HetznerSettings.numbers {
      if let value = json[name]?.int { self[keyPath: path] = min(max(value, -8_640_000_000), 8_640_000_000) }
    }
    for (name, path) in HetznerSettings.switches {
      if let value = json[name]?.bool { self[keyPath: path] = value }
    }
    if let url = json["base_url"]?.string { baseURL = url }
  }

  private typealias Path<Value> = any WritableKeyPath<HetznerSettings, Value> & Sendable

  private static let spans: [(String, Path<Span>)] = [
    ("create_ms", \.create), ("boot_ms", \.boot), ("delete_ms", \.delete), ("power_ms", \.power),
    ("shutdown_ms", \.shutdown),
  ]

  private static let numbers: [(String, Path<Int64>)] = [
    ("rate_limit", \.rateLimit), ("rate_refill_ms", \.rateRefill), ("server_limit", \.serverLimit),
    ("skew_ms", \.skew),
  ]

  private static let switches: [(String, Path<Bool>)] = [
    ("unique_names", \.uniqueNames), ("lock_while_busy", \.lockWhileBusy),
    ("next_on_full_page", \.nextOnFullPage), ("null_last_page", \.nullLastPage),
  ]

  private static let rules =
    spans.map { FieldRule($0.0, .any) } + numbers.map { FieldRule($0.0, .integer) }
    + switches.map { FieldRule($0.0, .boolean) } + [FieldRule("base_url", .string(1...200))]
}
