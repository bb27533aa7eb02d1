package import Control

/// Findings for people; pure.
package enum FindingText {
  /// One line each.
  package static func list(_ findings: [CloudFindingView], colours: Bool) -> String {
    guard !findings.isEmpty else { return "no findings\n" }
    var table = Table(["ID", "KIND", "STATUS", "ACCOUNT", "OBJECT", "NAME", "FIRST SEEN", "LISTINGS"])
    for finding in findings {
      table.add([
        Cell(finding.id, .strong), Cell(finding.kind, .bad), .state(finding.status), Cell(finding.account),
        Cell(finding.object), Cell(finding.name), Cell(finding.firstSeen.description), Cell("\(finding.listings)"),
      ])
    }
    return table.text(colours: colours)
  }

  /// Everything of one.
  package static func show(_ finding: CloudFindingView, colours: Bool) -> String {
    var table = Table()
    table.add("finding", finding.id, .strong)
    table.add("kind", finding.kind)
    table.add("status", finding.status, .state(finding.status))
    table.add("account", finding.account)
    table.add("object", "\(finding.object) (\(finding.objectKind))")
    table.add("name", finding.name)
    table.add("resource", finding.resourceId)
    table.add("attempt", finding.attemptId)
    table.add("type", finding.type)
    table.add("location", finding.location)
    table.add("address", finding.address)
    table.add("made at", finding.createdAt)
    table.add("protected", finding.protected ? "yes" : nil)
    for difference in finding.differences {
      table.add(difference.property, "was \(difference.expected), is \(difference.found)", .bad)
    }
    table.add("first seen", finding.firstSeen.description)
    table.add("last seen", "\(finding.lastSeen.description), in \(finding.listings) complete listings")
    table.add("closed", finding.closedAt?.description)
    return table.text(colours: colours) + "\n\(Plain.text(finding.text))\n\(Plain.text(finding.remedy))\n"
  }

  /// What a sweep came to.
  package static func sweep(_ sweep: SweepView, colours: Bool) -> String {
    var text = "account \(Plain.text(sweep.account)): \(sweep.machines) machines of ours, "
    text += sweep.findings.isEmpty ? "nothing amiss\n" : "\(sweep.findings.count) findings\n"
    if let problem = sweep.problem, sweep.findings.isEmpty {
      return "account \(Plain.text(sweep.account)): not compared: \(Plain.text(problem))\n"
    }
    if let problem = sweep.problem { text += "\(Plain.text(problem))\n" }
    if !sweep.findings.isEmpty { text += list(sweep.findings, colours: colours) }
    for end in sweep.ends {
      let what = sweep.findings.first { $0.id == end.findingId }?.object ?? end.findingId
      let outcome =
        switch end.outcome {
        case "allowed": "may be ended: `slipway sweep \(sweep.account) --apply`"
        case "accepted": "is being ended"
        default: "is not ended: \(end.reason ?? "no reason given")"
        }
      text += "\(Plain.text(what)) \(Plain.text(outcome))\n"
    }
    return text
  }

  /// The ledger's epoch.
  package static func epoch(_ epoch: EpochView, colours: Bool) -> String {
    var table = Table()
    table.add("epoch", epoch.id, .strong)
    table.add("begun", "\(epoch.begunAt.description): \(epoch.cause)")
    table.add("confirmed", epoch.confirmedAt?.description ?? "no: sweeps end nothing")
    return table.text(colours: colours)
  }
}
