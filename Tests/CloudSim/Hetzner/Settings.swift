/// What can be turned on the simulated cloud; delays are milliseconds, drawn from spans.
package struct HetznerSettings: SimSettings, Hashable {
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

  /// Names of all settings.
  package static let fields: [SettingsField<HetznerSettings>] = [
    .span("create_ms", \.create), .span("boot_ms", \.boot), .span("delete_ms", \.delete), .span("power_ms", \.power),
    .span("shutdown_ms", \.shutdown), .number("rate_limit", \.rateLimit), .number("rate_refill_ms", \.rateRefill),
    .number("server_limit", \.serverLimit), .toggle("unique_names", \.uniqueNames),
    .toggle("lock_while_busy", \.lockWhileBusy), .toggle("next_on_full_page", \.nextOnFullPage),
    .toggle("null_last_page", \.nullLastPage), .number("skew_ms", \.skew), .text("base_url", \.baseURL),
  ]
}
