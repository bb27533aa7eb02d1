/// What can be turned on the simulated cloud; delays are milliseconds, drawn from spans.
package struct DigitalOceanSettings: SimSettings, Hashable {
  /// From the 202 to POST /v2/droplets until the droplet is active.
  package var create = Span(12_000, 25_000)
  /// From power to an answer on port 22.
  package var boot = Span(5_000, 12_000)
  /// From the 204 to DELETE until the droplet is gone.
  package var delete = Span(1_000, 4_000)
  /// Length of power_on, power_off and other short actions.
  package var power = Span(2_000, 6_000)
  /// From the end of a shutdown action until the droplet is off.
  package var shutdown = Span(2_000, 6_000)
  /// From the 202 until a listing filtered by name has the droplet.
  package var nameFilter = Span(1_000, 4_000)
  /// From active until the droplet shows its tags.
  package var tags = Span(0, 1_000)
  /// From the 201 of a key until droplets can be made with it.
  package var keyUse = Span(0)
  /// Requests of one token in an hour.
  package var hourLimit: Int64 = 5000
  /// Requests of one token in a minute.
  package var minuteLimit: Int64 = 250
  /// Listings of keys by one token in a minute.
  package var keyListLimit: Int64 = 10
  /// Droplets in one project.
  package var dropletLimit: Int64 = 1000
  /// `account.status`: active, warning or locked.
  package var accountStatus = "active"
  /// Whether a droplet refuses what is asked of it while one of its actions runs.
  package var pendingEvents = true
  /// Whether a listing names a next page after an exactly full last one.
  package var nextOnFullPage = false
  /// Whether listings leave `last` out of their links.
  package var omitLastPage = false
  /// Milliseconds by which instants in answers lie off the clock.
  package var skew: Int64 = 0
  /// Where links lead.
  package var baseURL = "https://api.digitalocean.com/v2"

  /// Delays as they are in reality.
  package static let realistic = DigitalOceanSettings()

  /// Delays of a few milliseconds and no rate limit to speak of.
  package static let fast: DigitalOceanSettings = {
    var settings = DigitalOceanSettings()
    settings.create = Span(20, 40)
    settings.boot = Span(5, 10)
    settings.delete = Span(5, 15)
    settings.power = Span(5, 10)
    settings.shutdown = Span(10, 20)
    settings.nameFilter = Span(5, 15)
    settings.tags = Span(0, 5)
    settings.hourLimit = 1_000_000
    settings.minuteLimit = 1_000_000
    settings.keyListLimit = 1_000_000
    return settings
  }()

  /// Names of all settings.
  package static let fields: [SettingsField<DigitalOceanSettings>] = [
    .span("create_ms", \.create), .span("boot_ms", \.boot), .span("delete_ms", \.delete), .span("power_ms", \.power),
    .span("shutdown_ms", \.shutdown), .span("name_filter_ms", \.nameFilter), .span("tags_ms", \.tags),
    .span("key_use_ms", \.keyUse), .number("hour_limit", \.hourLimit), .number("minute_limit", \.minuteLimit),
    .number("key_list_limit", \.keyListLimit), .number("droplet_limit", \.dropletLimit),
    .text("account_status", \.accountStatus), .toggle("pending_events", \.pendingEvents),
    .toggle("next_on_full_page", \.nextOnFullPage), .toggle("omit_last_page", \.omitLastPage),
    .number("skew_ms", \.skew), .text("base_url", \.baseURL),
  ]
}
