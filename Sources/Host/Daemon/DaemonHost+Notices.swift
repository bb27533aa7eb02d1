import Model
import Store

extension DaemonHost {
  /// Puts together what tells owners of offerings, and says in log and timeline what came of it.
  static func notifier(
    _ courier: NoticeCourier, ledger: SQLiteLedger, clock: HostClock, archive: TimelineStore, log: HostLog
  ) throws -> Notifier {
    try Notifier(
      ledger: ledger, clock: clock, carry: { await courier.carry($0, attempt: $1) },
      report: { report in
        let way = report.notice.targets.webhook == nil ? "e-mail" : "webhook"
        let attempts = report.attempts == 1 ? "1 attempt" : "\(report.attempts) attempts"
        var text = "the offering's owner was told by \(way) (\(attempts))"
        if let problem = report.problem {
          text = "telling the offering's owner by \(way) was given up (\(attempts)): \(problem)"
          log.write(
            .warning, "offering \(report.notice.offering): notice \(report.notice.id): \(text)",
            ["resource": "\(report.notice.resource)"])
        }
        archive.append([
          TimelineEntry(
            resource: report.notice.resource, at: clock.now(), kind: .outcome, text: text,
            fields: ["notice": "\(report.notice.id)"])
        ])
      }, trouble: { log.write(.warning, $0) })
  }
}
