import HTTP

extension VultrCloud {
  func listRegions(_ call: VultrCall) throws(VultrError) -> HTTPResponse {
    try page(frame.world.catalog.regions, "regions", call, by: \.id, \.json)
  }

  /// What can be had in a region now, whatever the plans say of where they can exist.
  func availability(of id: String, _ call: VultrCall) throws(VultrError) -> HTTPResponse {
    guard frame.world.catalog.region(id) != nil else { throw .notFound("region") }
    let type = try wantedType(call, also: ["vbm"])
    let catalog = frame.world.catalog
    let plans = (catalog.plans + catalog.metalPlans).filter { $0.available.contains(id) && $0.isOf(type) }
    return HTTPResponse(status: 200, json: ["available_plans": .array(plans.map(\.id).sorted().map(JSON.string))])
  }

  func listPlans(_ call: VultrCall) throws(VultrError) -> HTTPResponse {
    let type = try wantedType(call)
    if let os = call.first("os"), os != "windows" { throw .bad("os", "expected windows") }
    let rows = frame.world.catalog.plans.filter { plan in
      plan.isOf(type) && (call.first("os") == nil || plan.memory >= 2048)
    }
    let hourly = frame.world.settings.hourlyCosts
    return try page(rows, "plans", call, by: \.id) { $0.json(hourly: hourly) }
  }

  func listMetalPlans(_ call: VultrCall) throws(VultrError) -> HTTPResponse {
    try page(frame.world.catalog.metalPlans, "plans_metal", call, by: \.id, \.metalJSON)
  }

  func listSystems(_ call: VultrCall) throws(VultrError) -> HTTPResponse {
    try page(frame.world.catalog.systems, "os", call, by: \.id, \.json)
  }

  func listApplications(_ call: VultrCall) throws(VultrError) -> HTTPResponse {
    try page(frame.world.catalog.applications, "applications", call, by: \.id, \.json)
  }

  /// What the token may do, and what its account owes for the hours of its instances.
  func account(_ call: VultrCall) -> HTTPResponse {
    let owed = frame.ledger.entries.filter { $0.project == call.project }.reduce(Int64(0)) { sum, entry in
      let hours = (entry.seconds(until: call.now) + 3599) / 3600
      return sum + hours * (frame.world.catalog.plan(entry.type)?.hourly ?? 0)
    }
    return HTTPResponse(
      status: 200,
      json: [
        "account": [
          "name": .string("Account \(call.project)"), "email": "account@example.com",
          "acls": .array(call.acls.sorted().map(JSON.string)), "balance": -25,
          "pending_charges": VultrMoney.json(owed), "last_payment_date": "2026-01-10T01:56:20+00:00",
          "last_payment_amount": -25,
        ]
      ])
  }

  private func wantedType(_ call: VultrCall, also more: [String] = []) throws(VultrError) -> String {
    let known = ["all", "vc2", "vdc", "vhf", "vhp", "voc", "voc-g", "voc-c", "voc-m", "voc-s", "vcg"] + more
    let type = call.first("type") ?? "all"
    guard known.contains(type) else { throw .bad("type", "expected one of \(known.joined(separator: ", "))") }
    return type
  }
}
