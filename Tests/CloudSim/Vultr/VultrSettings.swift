/// What can be turned on the simulated cloud; delays are milliseconds, drawn from spans.
package struct VultrSettings: SimSettings, Hashable {
  /// From the answer to POST /instances until the instance has its address.
  package var address = Span(1_000, 3_000)
  /// From then until it is `active`, and installing.
  package var create = Span(6_000, 10_000)
  /// From then, or from a reinstall, until its `server_status` is `ok`.
  package var install = Span(15_000, 25_000)
  /// From `ok`, or from power, to an answer on port 22.
  package var boot = Span(2_000, 6_000)
  /// From the answer to DELETE until the instance is gone.
  package var delete = Span(1_500, 3_500)
  /// Until a start or a halt shows, and length of a change of plan.
  package var power = Span(1_000, 3_000)
  /// For how long a default password is shown.
  package var password: Int64 = 600_000
  /// Requests a second and source address.
  package var rateLimit: Int64 = 30
  /// Address from which requests seem to come.
  package var source = "203.0.113.10"
  /// Instances in one project.
  package var serverLimit: Int64 = 1000
  /// Whether an instance is locked until it is installed.
  package var lockWhileBusy = true
  /// Whether `meta.total` counts only the page and one entry more.
  package var totalIsLookahead = true
  /// Whether cursors count entries, so that what vanishes before them shifts the next page.
  package var offsetCursors = false
  /// Whether a listing names a next page after an exactly full last one.
  package var nextOnFullPage = false
  /// Whether plans have `hourly_cost`, which the description does not know.
  package var hourlyCosts = true
  /// Milliseconds by which instants in answers lie off the clock.
  package var skew: Int64 = 0

  /// Delays as they are in reality.
  package static let realistic = VultrSettings()

  /// Delays of a few milliseconds and no rate limit to speak of.
  package static let fast: VultrSettings = {
    var settings = VultrSettings()
    settings.address = Span(5, 10)
    settings.create = Span(10, 20)
    settings.install = Span(10, 20)
    settings.boot = Span(5, 10)
    settings.delete = Span(5, 15)
    settings.power = Span(5, 10)
    settings.rateLimit = 1_000_000
    return settings
  }()

  /// Names of all settings.
  package static let fields: [SettingsField<VultrSettings>] = [
    .span("address_ms", \.address), .span("create_ms", \.create), .span("install_ms", \.install),
    .span("boot_ms", \.boot), .span("delete_ms", \.delete), .span("power_ms", \.power),
    .number("password_ms", \.password), .number("rate_limit", \.rateLimit), .text("source", \.source),
    .number("server_limit", \.serverLimit), .toggle("lock_while_busy", \.lockWhileBusy),
    .toggle("total_is_lookahead", \.totalIsLookahead), .toggle("offset_cursors", \.offsetCursors),
    .toggle("next_on_full_page", \.nextOnFullPage), .toggle("hourly_costs", \.hourlyCosts),
    .number("skew_ms", \.skew),
  ]
}
