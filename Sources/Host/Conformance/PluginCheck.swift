import Broker
import PluginMessages
import Plugins
package import System

/// Holds a plugin file against the requirements of docs/plugin-abi.md.
package struct PluginCheck: Sendable {
  /// The file.
  package var file: String
  /// The worker program.
  package var worker: Program
  /// Folders for the worker's library path.
  package var libraries: [String]
  /// What the plugin is asked for.
  package var subject: CheckSubject
  /// A cloud on which to try a whole life; nil: none, and nothing leaves this machine.
  package var cloud: CheckCloud?
  /// Seconds that a verb has for its answer.
  package var patience = 20
  /// Its own folder, which goes with it.
  private let folder = Bench.freshFolder()

  /// Makes a check.
  package init(
    file: String, worker: Program, libraries: [String] = [], subject: CheckSubject = CheckSubject(),
    cloud: CheckCloud? = nil
  ) {
    self.file = file
    self.worker = worker
    self.libraries = libraries
    self.subject = subject
    self.cloud = cloud
  }

  /// Runs it. `say` is told what goes on, a line at a time.
  /// - Throws: `SystemError` and `BrokerStartError` where this machine cannot run it.
  package func run(on reactor: Reactor, say: @escaping @Sendable (String) -> Void = { _ in }) async throws
    -> CheckReport
  {
    let findings = Findings()
    let bench: Bench
    do {
      bench = try await Bench(
        file: file, worker: worker, libraries: libraries, on: reactor, seconds: patience, in: folder,
        log: { line in
          guard line.message == AnswerRules.second else { return }
          findings.broke(.answers, "\(line.tag.isEmpty ? "a call" : line.tag): answered a second time")
        })
    } catch let problem as Bench.Unloadable {
      findings.broke(.loads, problem.reason)
      return CheckReport(file: file, plugin: problem.id, results: findings.results)
    }
    // What the host refuses to serve never gets here.
    for requirement in [Requirement.loads, .manifest, .verbs] { findings.tried(requirement) }
    say("\(bench.id) \(bench.manifest.version): every verb, every fault")
    await FaultCheck(bench: bench, samples: SampleRequests(subject: subject), findings: findings, say: say).run()
    if let cloud { try await live(bench, cloud, findings, reactor, say) }
    let plugin = "\(bench.id) \(bench.manifest.version)"
    await bench.end()
    return CheckReport(file: file, plugin: plugin, results: findings.results)
  }

  /// Removes what a check that does not come to its end leaves on this machine. Any thread; the check is over then.
  package func abandon() { Bench.remove(folder) }

  private func live(
    _ bench: Bench, _ cloud: CheckCloud, _ findings: Findings, _ reactor: Reactor,
    _ say: @escaping @Sendable (String) -> Void
  ) async throws {
    let broker = try HTTPBroker()
    do throws(BrokerRefusal) {
      let grant = try CheckGrant.real(bench.manifest, cloud)
      await LifeCheck(
        bench: bench, subject: subject, broker: broker, grant: grant, cloud: cloud, reactor: reactor,
        findings: findings, say: say
      ).run()
    } catch {
      for requirement in Requirement.allCases where requirement.needsCloud {
        findings.cannotTry(requirement, error.sentence)
      }
    }
    await broker.close()
  }
}
