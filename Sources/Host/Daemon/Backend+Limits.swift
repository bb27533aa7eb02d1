package import Control
import Core
import Model

extension Backend {
  /// Changes what may be made on an account; holds for whatever is accepted after it.
  package func limitAccount(_ name: String, to change: LimitsView) async throws(ControlFailure) -> AccountView {
    var record = try await knownAccount(name)
    let limits = (record.guards ?? ResourceLimits()).changed(by: change)
    record.guards = limits.isEmpty ? nil : limits
    let final = record
    try await stored { try await registry.put(final) }
    accounts.announce(final)
    return await view(final)
  }
}

extension ResourceLimits {
  /// Takes over what a request names; 0 takes a limit away.
  func changed(by change: LimitsView) -> ResourceLimits {
    var next = self
    if let number = change.maxResources { next.maxResources = number == 0 ? nil : number }
    if let number = change.maxFree { next.maxFree = number == 0 ? nil : number }
    if let number = change.maxPaid { next.maxPaid = number == 0 ? nil : number }
    if let number = change.maxCreatesPerHour { next.maxCreatesPerHour = number == 0 ? nil : number }
    if let amount = change.maxHourly.flatMap({ Money(decimal: $0) }) {
      next.maxHourly = amount.micros == 0 ? nil : amount
    }
    return next
  }
}

extension LimitsView {
  init(_ limits: ResourceLimits) {
    self.init(
      maxResources: limits.maxResources, maxFree: limits.maxFree, maxPaid: limits.maxPaid,
      maxHourly: limits.maxHourly?.description,
      maxCreatesPerHour: limits.maxCreatesPerHour)
  }
}
