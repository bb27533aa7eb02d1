package import Control
import Core
import Crypto
import FoundationEssentials
import Model
package import PluginMessages

// How the core's nouns are shown to people and programs. Pure; nothing here decides.

extension Timestamp {
  init(_ instant: Instant) { self.init(ms: instant.ms) }
}

extension ControlFailure {
  /// A failure of the core or of a plugin, under the same code.
  init(_ failure: Failure) {
    self.init(
      ControlCode(rawValue: failure.code.rawValue) ?? .internal, failure.message, expected: failure.expected,
      found: failure.found, remedy: failure.remedy,
      violations: failure.violations.isEmpty
        ? nil
        : failure.violations.map { ViolationView(path: $0.path, message: $0.message, allowed: $0.allowed) })
    stderrTail = failure.lastWords
  }
}

extension PriceView {
  init(_ price: Model.Price) {
    self.init(
      hourly: price.hourly.description, monthly: price.monthly?.description, currency: price.currency, net: price.net,
      granularityS: price.granularitySeconds, minimumS: price.minimumSeconds,
      monthlyCap: price.monthlyCap?.description)
  }
}

extension PlacementView {
  init(_ placement: Placement) {
    self.init(account: placement.account, type: placement.type, location: placement.location, image: placement.image)
  }
}

extension OperationView {
  init(_ operation: Operation) {
    let (state, failure): (String, Failure?) =
      switch operation.outcome {
      case nil: ("running", nil)
      case .succeeded: ("succeeded", nil)
      case .failed(let failure): ("failed", failure)
      case .cancelled: ("cancelled", nil)
      }
    self.init(
      id: operation.id.description, kind: operation.kind.rawValue, state: state,
      acceptedAt: Timestamp(operation.acceptedAt), deadline: Timestamp(operation.deadline),
      decidedAt: operation.decidedAt.map { Timestamp($0) }, failure: failure.map { ControlFailure($0) })
  }
}

extension SSHView {
  /// Nil before an address is known, and where the offering does not promise SSH.
  init?(_ resource: Resource, _ object: CloudObject?) {
    guard resource.offering.readiness.needsSSH, let object, let host = object.address else { return nil }
    let port = object.sshPort ?? 22
    let isVerified = resource.time(of: .hostKeyVerified) != nil
    let key = isVerified ? resource.hostKey : nil
    let name = port == 22 ? host : "[\(host)]:\(port)"
    let bare = key.map { $0.split(separator: " ").prefix(2).joined(separator: " ") }
    self.init(
      host: host, port: port, user: "root", hostKey: bare,
      fingerprint: key.flatMap { try? Ed25519PublicKey(openSSH: $0).fingerprint },
      knownHosts: bare.map { "\(name) \($0)" })
    command = SSHCommand.line(self)
  }
}

extension ResourceView {
  /// A resource with its attempts as the commit of that version left it.
  init(_ machine: ResourceMachine, version: UInt64) {
    let resource = machine.resource
    let attempt = resource.attempts.last.flatMap { machine.attempts[$0] }
    let object = resource.state.object.flatMap { used in
      machine.attempts[used.attempt]?.objects.first { $0.id == used.id }
    }
    let shown = object ?? attempt?.objects.last
    var chosen: (placement: Placement, price: Model.Price?)?
    if case .requested(let selection) = resource.state, let resolved = selection.resolved,
      resource.offering.placements.indices.contains(selection.index)
    {
      chosen = (resource.offering.placements[selection.index], resolved.price)
    }
    var failure: Failure?
    switch resource.state {
    case .failed(let cause), .compensating(let cause, _): failure = cause
    default: break
    }
    self.init(
      id: resource.id.description, tenant: resource.tenant, offering: resource.offering.name,
      state: resource.state.name, goal: resource.goal.rawValue, version: version,
      createdAt: Timestamp(resource.operations.first?.acceptedAt ?? Instant(ms: 0)),
      expiresAt: resource.expiresAt.map { Timestamp($0) },
      rungs: Dictionary(
        resource.rungs.map { ($0.rung.rawValue, Timestamp($0.at)) }, uniquingKeysWith: { first, _ in first }),
      readiness: resource.offering.readiness.rawValue,
      recipe: resource.offering.recipe.map { RecipeUseView($0) },
      placement: (chosen?.placement ?? attempt?.placement).map { PlacementView($0) },
      externalId: shown?.id, addresses: shown.map { AddressesView(ipv4: $0.ipv4, ipv6: $0.ipv6) },
      ssh: SSHView(resource, object), price: (chosen?.price ?? resource.price).map { PriceView($0) },
      operation: resource.operations.last.map { OperationView($0) }, failure: failure.map { ControlFailure($0) },
      cleanup: resource.stall.map { stall in
        CleanupView(
          cause: "\(stall.failure.code.rawValue): \(stall.failure.message)", since: Timestamp(stall.since),
          pricePerHour: resource.price.map { "\($0.hourly) \($0.currency)" }, remedy: stall.failure.remedy)
      }, tried: machine.tried,
      findings: resource.findings.map {
        FindingView(kind: $0.kind.rawValue, at: Timestamp($0.at), text: $0.text)
      }, runs: resource.runs.map { RunView($0) }, heldUntil: resource.heldUntil.map { Timestamp($0) })
    heldUp = resource.pending.compactMap(\.told).last
  }
}

extension ResourceMachine {
  /// The placements in the order in which they were tried or passed over; the one in use comes last.
  var tried: [TriedPlacementView] {
    let placements = resource.offering.placements
    var shown = resource.rejected.enumerated().compactMap { place, rejection -> TriedPlacementView? in
      let index = rejection.placement ?? place
      guard placements.indices.contains(index) else { return nil }
      return TriedPlacementView(
        position: index + 1, placement: PlacementView(placements[index]),
        outcome: rejection.wasTried ? "left" : "passed_over", at: rejection.at.map { Timestamp($0) },
        failure: ControlFailure(rejection.failure))
    }
    var chosen: Int?
    if case .requested(let selection) = resource.state {
      chosen = selection.index
    } else if let attempt = resource.attempts.last.flatMap({ attempts[$0] }) {
      chosen = placements.firstIndex(of: attempt.placement)
    }
    if let chosen, placements.indices.contains(chosen), !resource.leftPlacements.contains(chosen) {
      shown.append(
        TriedPlacementView(
          position: chosen + 1, placement: PlacementView(placements[chosen]), outcome: "chosen"))
    }
    return shown
  }

  /// Whether no operation and no cleanup is under way.
  var isResting: Bool {
    resource.openOperation == nil && (resource.state.isFinal || resource.state.isHandedOver) && resource.stall == nil
      && resource.pending.isEmpty
  }
}

extension FailurePolicy {
  /// As the API names it.
  fileprivate var word: String {
    switch self {
    case .end: "end"
    case .next: "next"
    case .keep: "keep"
    }
  }

  /// For how long a machine is kept, in seconds; nil: it is not.
  fileprivate var seconds: Int? { if case .keep(let span) = self { Int(span / 1_000) } else { nil } }
}

extension OfferingView {
  /// An offering with what the clouds last said of it.
  init(_ offering: Offering, _ standing: OfferingStanding?) {
    let config = offering.placements.first.flatMap {
      try? JSONDecoder().decode(JSON.self, from: Data($0.config.utf8))
    }
    self.init(
      name: offering.name, placements: offering.placements.map { PlacementView($0) }, config: config ?? .object([:]),
      readiness: offering.readiness.rawValue, recipe: offering.recipe.map { RecipeUseView($0) },
      onFailure: offering.onFailure?.word ?? "end", keepForS: offering.onFailure?.seconds,
      removesAccess: offering.removesAccess ?? false,
      provisionDeadlineS: Int(offering.provisionDeadlineMs / 1_000),
      createdAt: Timestamp(offering.addedAt), checkedAt: standing.map { Timestamp($0.checkedAt) },
      warnings: (standing?.warnings ?? []).map {
        OfferingWarningView(
          kind: $0.kind.rawValue, placement: PlacementView($0.placement), since: Timestamp($0.since), text: $0.text)
      })
    notify = offering.notify.map { NotifyView(webhook: $0.webhook, isSigned: $0.secret != nil, email: $0.email) }
  }
}

extension JSONValue {
  /// The same value in the plugins' form.
  package init(_ json: JSON) {
    switch json {
    case .null: self = .null
    case .bool(let value): self = .bool(value)
    case .integer(let value): self = .integer(value)
    case .number(let value): self = .number(value)
    case .string(let value): self = .string(value)
    case .array(let values): self = .array(values.map { JSONValue($0) })
    case .object(let members): self = .object(members.mapValues { JSONValue($0) })
    }
  }
}

extension JSON {
  /// The same value in the API's form.
  init(_ json: JSONValue) {
    switch json {
    case .null: self = .null
    case .bool(let value): self = .bool(value)
    case .integer(let value): self = .integer(value)
    case .number(let value): self = .number(value)
    case .string(let value): self = .string(value)
    case .array(let values): self = .array(values.map { JSON($0) })
    case .object(let members): self = .object(members.mapValues { JSON($0) })
    }
  }
}
