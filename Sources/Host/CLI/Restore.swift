import Control
import Daemon
import Glibc

/// `slipway restore`: works on a state directory that no daemon uses.
enum Restore {
  static func run(_ line: Invocation, environment: [String: String], console: Console) async throws(CommandFailure)
    -> ExitCode
  {
    let facts = HostFacts(isRoot: geteuid() == 0, programs: "", environment: environment)
    let state = InputFile.absolute(line.option("state") ?? facts.defaultState)
    do {
      let before = try await LedgerRestore.run(InputFile.absolute(line.operand("FILE")), state: state)
      console.out("restored into \(Plain.text(state))\n")
      if let before { console.out("the ledger before it is kept as \(Plain.text(before))\n") }
      console.out(
        "nothing is made, ended or changed before `slipway epoch confirm`; start the daemon and look at `slipway sweep --all`\n"
      )
      return .ok
    } catch let error as HostStartError {
      throw CommandFailure(error.failure)
    } catch {
      throw CommandFailure(ControlFailure(.internal, "nothing was restored: \(error)"))
    }
  }
}
