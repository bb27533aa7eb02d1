import Broker
import Core
import Model
import Plugins

extension TimelineEntry {
  /// A request of a plugin that changed something, as a line of its resource's timeline.
  init?(_ record: BrokerRecord) {
    guard let resource = record.correlation.operation.flatMap({ ULID($0) }) else { return nil }
    let took = record.times.endedMonotonicMs.map { " in \($0 - record.times.startedMonotonicMs) ms" } ?? ""
    let ending =
      switch record.ending {
      case .notSent: "not sent: \(record.reason)"
      case .sentNoAnswer: "sent, no answer: \(record.reason)"
      case .answered: "\(record.status.map { "\($0)" } ?? "answered")\(took)"
      }
    self.init(
      resource: resource, at: Instant(ms: record.times.startedWallMs), kind: .request,
      text: "\(record.method.rawValue.uppercased()) \(record.path) → \(ending)",
      fields: ["attempt": record.correlation.attempt ?? "", "verb": record.verb.rawValue])
  }
}

extension Policy {
  /// The spans that an operator set.
  init(_ configuration: Configuration) {
    self.init()
    youngPoll = Int64(configuration.polling.young) * 1_000
    oldPoll = Int64(configuration.polling.old) * 1_000
    latePoll = Int64(configuration.polling.late) * 1_000
    terminateDeadline = Int64(configuration.deadlines.terminate) * 1_000
    powerDeadline = Int64(configuration.deadlines.power) * 1_000
    let tenant = configuration.limits
    tenantLimits = ResourceLimits(
      maxResources: tenant.maxResources == 0 ? nil : tenant.maxResources,
      maxFree: tenant.maxFree == 0 ? nil : tenant.maxFree, maxPaid: tenant.maxPaid == 0 ? nil : tenant.maxPaid,
      maxHourly: Money(decimal: tenant.maxHourly).flatMap { $0.micros == 0 ? nil : $0 },
      maxCreatesPerHour: tenant.maxCreatesPerHour == 0 ? nil : tenant.maxCreatesPerHour)
  }
}

extension TrustFiles {
  /// What the configuration names; an empty path asks for nothing.
  init(_ trust: Configuration.Trust) {
    self.init(pins: trust.pins.isEmpty ? nil : trust.pins, keys: trust.keys.isEmpty ? nil : trust.keys)
  }
}

extension PluginsConfiguration {
  /// Takes over what the configuration says of reloads.
  mutating func apply(_ reload: Configuration.Reload) {
    quiet = .milliseconds(reload.quietMs)
    probation = .seconds(reload.probation)
    mostDraining = reload.mostDraining
    quarantineLoads = reload.quarantineLoads
    quarantineSubjects = reload.quarantineSubjects
  }
}

extension RestartPolicy {
  /// The spans and limits that an operator set.
  init(_ workers: Configuration.Workers) {
    self.init()
    first = UInt64(workers.restartFirstMs) * 1_000_000
    most = UInt64(workers.restartMost) * 1_000_000_000
    stable = UInt64(workers.restartStable) * 1_000_000_000
    intensity = workers.restartIntensity
    period = UInt64(workers.restartPeriod) * 1_000_000_000
  }
}

/// The version of this build.
package enum Version {
  /// Semantic version.
  package static let current = "0.1.0"
}
