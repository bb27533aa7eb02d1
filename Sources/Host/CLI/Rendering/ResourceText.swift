package import Control

/// Machines for people; pure.
package enum ResourceText {
  /// One line each.
  package static func list(_ resources: [ResourceView], now: Timestamp, colours: Bool) -> String {
    guard !resources.isEmpty else { return "no resources\n" }
    var table = Table(["ID", "STATE", "OFFERING", "TENANT", "ADDRESS", "PLACEMENT", "AGE", "PRICE"])
    for resource in resources {
      table.add([
        Cell(resource.id, .strong), .state(resource.state), Cell(resource.offering),
        Cell(resource.tenant.isEmpty ? "-" : resource.tenant), Cell(address(resource) ?? "-"),
        Cell(resource.placement.map(OfferingText.place) ?? "-"),
        Cell(TimeSpan.text(ms: now.ms - resource.createdAt.ms)),
        Cell(resource.price.map { "\($0.hourly) \($0.currency)/h" } ?? "-"),
      ])
    }
    let stalls = resources.compactMap { resource in
      resource.cleanup.map { "\n\(resource.id): cleanup waits: \(cleanup($0, now: now))\n" }
    }
    return table.text(colours: colours) + stalls.joined()
  }

  /// Everything of one.
  package static func show(_ resource: ResourceView, now: Timestamp, colours: Bool) -> String {
    var table = Table()
    table.add("resource", resource.id, .strong)
    table.add("state", resource.state, .state(resource.state))
    table.add("goal", resource.goal)
    table.add("offering", resource.offering)
    table.add("tenant", resource.tenant)
    if let recipe = resource.recipe { RecipeText.use(recipe, in: &table) }
    table.add("created", "\(resource.createdAt) (\(TimeSpan.text(ms: now.ms - resource.createdAt.ms)) ago)")
    table.add("expires", resource.expiresAt.map(\.description))
    table.add("placement", resource.placement.map { "\(OfferingText.place($0)) with \($0.image)" })
    table.add("external id", resource.externalId)
    table.add("price", resource.price.map(OfferingText.price))
    table.add("ipv4", resource.addresses?.ipv4)
    table.add("ipv6", resource.addresses?.ipv6)
    if let operation = resource.operation {
      table.add("operation", "\(operation.kind) \(operation.state) (\(operation.id))", .state(operation.state))
      if operation.state == "running" { table.add("decided by", operation.deadline.description) }
    }
    table.add("held up by", resource.heldUp)
    table.add("cleanup", resource.cleanup.map { "waits: \(cleanup($0, now: now))" }, .bad)
    for finding in resource.findings { table.add("finding", "\(finding.at) \(finding.kind): \(finding.text)", .bad) }
    var text = table.text(colours: colours)
    if let failure = resource.failure ?? resource.operation?.failure { text += "\n" + FailureText.lines(failure) }
    text += placements(resource)
    text += "\n" + rungs(resource, colours: colours)
    if let ssh = resource.ssh { text += "\n" + login(ssh, colours: colours) }
    return text
  }

  /// That a machine has ended, how and why; one line without its end.
  static func ended(_ resource: ResourceView, now: Timestamp) -> String {
    let ago = resource.rungs["ended"].map { " \(TimeSpan.text(ms: now.ms - $0.ms)) ago" } ?? ""
    let why = resource.failure.map { ": \($0.code.rawValue): \(Plain.text($0.message))" } ?? ""
    return "resource \(Plain.text(resource.id)) has ended already: \(Plain.text(resource.state))\(ago)\(why)"
  }

  /// The placements in the order in which they were tried, and why each was left; nothing where the first was taken.
  package static func placements(_ resource: ResourceView) -> String {
    guard resource.tried.contains(where: { $0.outcome != "chosen" }) else { return "" }
    return resource.tried.map { "\n" + tried($0) }.joined()
  }

  private static func tried(_ tried: TriedPlacementView) -> String {
    let name = "placement \(tried.position) (\(Plain.text(OfferingText.place(tried.placement))))"
    let outcome = Plain.text(tried.outcome).split(separator: "_").joined(separator: " ")
    return "\(name) \(outcome)" + (tried.failure.map { ": \(FailureText.lines($0))" } ?? "\n")
  }

  /// A line for each rung that was reached, with the time since the first.
  package static func rungs(_ resource: ResourceView, colours: Bool) -> String {
    var table = Table()
    for (rung, at) in Progress.ordered(resource.rungs) {
      table.add([
        Cell(at.timeOfDay, .faint), Cell("+\(TimeSpan.text(ms: at.ms - resource.createdAt.ms))"),
        Cell(Progress.title(rung)),
      ])
    }
    return table.text(colours: colours)
  }

  /// How to log in.
  package static func login(_ ssh: SSHView, colours: Bool) -> String {
    var table = Table()
    table.add("address", ssh.port == 22 ? ssh.host : "\(ssh.host) port \(ssh.port)", .strong)
    table.add("host key", ssh.fingerprint ?? "not verified yet")
    table.add("log in", ssh.command, .strong)
    return table.text(colours: colours)
  }

  /// Cause, since when, and what it costs.
  package static func cleanup(_ cleanup: CleanupView, now: Timestamp) -> String {
    var text = "\(Plain.text(cleanup.cause)); since \(TimeSpan.text(ms: now.ms - cleanup.since.ms))"
    if let price = cleanup.pricePerHour { text += ", costs \(Plain.text(price)) an hour" }
    if let remedy = cleanup.remedy { text += "; \(Plain.text(remedy))" }
    return text
  }

  private static func address(_ resource: ResourceView) -> String? {
    if let ssh = resource.ssh { return ssh.port == 22 ? ssh.host : "\(ssh.host):\(ssh.port)" }
    return resource.addresses?.ipv4 ?? resource.addresses?.ipv6
  }
}
