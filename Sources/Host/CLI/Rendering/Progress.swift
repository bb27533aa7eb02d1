package import Control

/// What a person is told while a resource moves: each thing once, in order; pure.
package struct Progress: Sendable {
  private var rungs: Set<String> = []
  private var state = ""
  private var tried = 0
  private var findings = 0
  private var stall: String?
  private var start: Timestamp?
  private let isOfOperation: Bool

  /// Nothing has been told yet. `ofOperation`: only what the newest operation adds is told, with times since it was
  /// accepted; otherwise the resource's whole life.
  package init(ofOperation: Bool = false) { isOfOperation = ofOperation }

  /// The lines that an event adds.
  package mutating func lines(_ resource: ResourceView, at now: Timestamp) -> [String] {
    let start = self.start ?? (isOfOperation ? resource.operation?.acceptedAt : nil) ?? resource.createdAt
    if self.start == nil, let operation = resource.operation, start > resource.createdAt {
      state = resource.state
      findings = resource.findings.count
      tried = Self.left(resource).count
      self.start = start
      return lines(resource, at: now, after: "\(Plain.text(operation.kind)) accepted")
    }
    self.start = start
    return lines(resource, at: now, after: nil)
  }

  private mutating func lines(_ resource: ResourceView, at now: Timestamp, after first: String?) -> [String] {
    let start = start ?? resource.createdAt
    var marks: [(at: Timestamp, text: String)] = first.map { [(start, $0)] } ?? []
    for (rung, at) in Self.ordered(resource.rungs) where rungs.insert(rung).inserted && at >= start {
      let detail = Self.detail(rung, resource) ?? ""
      marks.append((at, detail.isEmpty ? Self.title(rung) : "\(Self.title(rung))  \(detail)"))
    }
    let left = Self.left(resource)
    for placement in left.dropFirst(tried) {
      let verb = placement.outcome == "left" ? "given up" : "passed over"
      let reason = Plain.text(placement.failure?.message ?? "no reason is known")
      marks.insert(
        (placement.at ?? now, "placement \(placement.position) \(verb): \(reason)"),
        at: Self.beforeEnd(of: resource, in: marks))
    }
    tried = max(tried, left.count)
    for finding in resource.findings.dropFirst(findings) {
      marks.append((finding.at, "finding: \(Plain.text(finding.text))"))
    }
    findings = max(findings, resource.findings.count)
    if resource.state != state {
      if !state.isEmpty || resource.state != "requested", let note = Self.note(resource) {
        let place = Self.beforeEnd(of: resource, in: marks)
        let at = resource.rungs["ended"] ?? now
        let words = resource.state == "failed" ? resource.failure?.tail ?? [] : []
        marks.insert(contentsOf: [(at, note)] + words.map { (at, "  stderr: \($0)") }, at: place)
      }
      state = resource.state
    }
    if resource.cleanup?.cause != stall {
      stall = resource.cleanup?.cause
      if let cleanup = resource.cleanup {
        marks.append((now, "cleanup waits: \(ResourceText.cleanup(cleanup, now: now))"))
      }
    }
    return marks.map { Self.line($0.at, since: start, $0.text) }
  }

  /// Where a reason goes: before the end that it led to.
  private static func beforeEnd(of resource: ResourceView, in marks: [(at: Timestamp, text: String)]) -> Int {
    guard resource.rungs["ended"] != nil else { return marks.endIndex }
    return marks.lastIndex { $0.text == title("ended") } ?? marks.endIndex
  }

  private static func left(_ resource: ResourceView) -> [TriedPlacementView] {
    resource.tried.filter { $0.outcome != "chosen" }
  }

  /// The line that a terminal shows below the others while nothing happens; without a line's end.
  package static func waiting(_ resource: ResourceView, frame: Int, now: Timestamp) -> String {
    let frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]
    let spinner = frames[Int(frame.magnitude % UInt(frames.count))]
    return "\(spinner) \(Plain.text(resource.state))  \(TimeSpan.text(ms: now.ms - resource.createdAt.ms))"
  }

  /// Rungs by time; those of one moment in the order of a life.
  package static func ordered(_ rungs: [String: Timestamp]) -> [(String, Timestamp)] {
    func rank(_ rung: String) -> Int { order.firstIndex(of: rung) ?? order.count }
    return rungs.map { ($0.key, $0.value) }.sorted {
      ($0.1, rank($0.0), $0.0) < ($1.1, rank($1.0), $1.0)
    }
  }

  /// A rung's name for people.
  package static func title(_ rung: String) -> String {
    switch rung {
    case "ssh_reachable": "SSH reachable"
    case "id_known": "created"
    case "cloud_init_done": "cloud-init done"
    default: Plain.text(rung).split(separator: "_").joined(separator: " ")
    }
  }

  private static let order = [
    "accepted", "validated", "dispatched", "id_known", "powered", "ssh_reachable", "host_key_verified",
    "cloud_init_done",
    "recipe_done", "active", "end_requested", "ended",
  ]

  private static func detail(_ rung: String, _ resource: ResourceView) -> String? {
    switch rung {
    case "accepted": Plain.text(resource.offering)
    case "validated":
      [resource.placement.map(OfferingText.place), resource.price.map(OfferingText.price)].compactMap { $0 }
        .joined(separator: ", ")
    case "id_known": resource.externalId.map { "id \(Plain.text($0))" }
    case "powered":
      [resource.addresses?.ipv4, resource.addresses?.ipv6].compactMap { $0 }.map { Plain.text($0) }
        .joined(separator: " ")
    case "recipe_done":
      resource.runs.last.map { Plain.text($0.recipe) + ($0.durationMs.map { " in \(TimeSpan.text(ms: $0))" } ?? "") }
    case "host_key_verified": resource.ssh?.fingerprint.map { Plain.text($0) }
    default: nil
    }
  }

  /// What a change of state says beyond its rungs.
  private static func note(_ resource: ResourceView) -> String? {
    switch resource.state {
    case "resolving": "no definite answer; asking the cloud what it made"
    case "configuring": "running recipe \(Plain.text(resource.runs.last?.recipe ?? ""))"
    case "compensating" where resource.heldUntil != nil:
      "failed; the machine is kept until \(resource.heldUntil?.description ?? "") for a look at it"
    case "compensating": "failed; taking away what was made"
    case "failed": "failed: \(Plain.text(resource.failure?.message ?? "no reason is known"))"
    case "lost": "lost: the machine vanished without our doing"
    case "released": "released: the machine stays, and is not ours any more"
    case "stopped": "stopped"
    case "active" where resource.operation?.kind == "power": "running"
    default: nil
    }
  }

  private static func line(_ at: Timestamp, since start: Timestamp, _ text: String) -> String {
    let elapsed = "+\(TimeSpan.text(ms: at.ms - start.ms))"
    return "\(at.timeOfDay)  \(String(repeating: " ", count: max(0, 8 - elapsed.count)))\(elapsed)  \(text)"
  }
}
