package import Control
import Daemon
import Glibc
import HTTP
import System

/// The `slipway` command.
package enum CommandLineTool {
  /// Carries out a command line and says how the process is to end. Blocks signals as `Signals.block` does; to be
  /// called once, first thing.
  package static func run(_ words: [String], environment: [String: String]) async -> ExitCode {
    let console = Console.process(environment: environment)
    // Without a command only usage errors are possible; --json anywhere asks for JSON.
    let isJSON = words.prefix { $0 != "--" }.contains("--json")
    do throws(CommandFailure) {
      return try await carryOut(words, environment: environment, console: console)
    } catch {
      console.err(text(of: error, isJSON: isJSON))
      return error.exit
    }
  }

  /// What is written for a failure.
  package static func text(of failure: CommandFailure, isJSON: Bool) -> String {
    guard !isJSON else {
      return String(decoding: ControlCoding.encode(ErrorEnvelope(failure.failure), pretty: true), as: UTF8.self) + "\n"
    }
    return "slipway: " + FailureText.lines(failure.failure)
  }

  private static func carryOut(_ words: [String], environment: [String: String], console: Console)
    async throws(CommandFailure) -> ExitCode
  {
    let line: Invocation
    do throws(UsageError) {
      switch try ArgumentParser().parse(words) {
      case .help(let topic):
        console.out(HelpText.text(topic))
        return words.isEmpty ? .usage : .ok
      case .invocation(let invocation): line = invocation
      }
    } catch { throw CommandFailure(error) }
    switch line.command {
    case "version":
      console.out("slipway \(Version.current)\n")
      return .ok
    case "serve": return try await Serve.run(line, environment: environment, console: console)
    case "restore": return try await Restore.run(line, environment: environment, console: console)
    case "plugin new": return try PluginNewCommand.run(line, console: console)
    case "plugin check": return try await PluginCheckCommand.run(line, environment: environment, console: console)
    case "recipe lint": return try await RecipeLintCommand.lint(line, console: console)
    case "recipe templates": return try RecipeLintCommand.templates(line, console: console)
    default: return try await client(line, environment: environment, console: console)
    }
  }

  private static func client(_ line: Invocation, environment: [String: String], console: Console)
    async throws(CommandFailure) -> ExitCode
  {
    let interrupt = Interrupt()
    let reactor: Reactor
    let signals: Watch
    do {
      reactor = try Reactor(name: "cli")
      signals = try Signals.watch(on: reactor) { number in
        if !interrupt.fire() { _exit(128 + number) }
      }
    } catch { throw CommandFailure(ControlFailure(.internal, error.description)) }
    defer { signals.cancel() }
    let facts = HostFacts(isRoot: geteuid() == 0, programs: "", environment: environment)
    let socket = line.option("socket") ?? facts.defaultSocket
    let session = Session(
      line: line, client: ControlClient(socket: socket, on: reactor), console: console, reactor: reactor,
      interrupt: interrupt)
    return try await session.carryOut()
  }
}

extension Session {
  /// Carries out the command; one line for each of the table's.
  package func carryOut() async throws(CommandFailure) -> ExitCode {
    switch line.command {
    case "health": try await health()
    case "plugin list": try await pluginList()
    case "plugin watch": try await pluginWatch()
    case "plugin show": try await pluginShow()
    case "plugin install": try await pluginInstall()
    case "plugin reload": try await pluginSteer(.reload)
    case "plugin rollback": try await pluginSteer(.rollback)
    case "plugin enable": try await pluginSteer(.enable)
    case "plugin disable": try await pluginSteer(.disable)
    case "plugin reset": try await pluginSteer(.reset)
    case "plugin approve": try await pluginApprove()
    case "account add": try await accountAdd()
    case "account list": try await accountList()
    case "account show": try await accountShow()
    case "account check": try await accountCheck()
    case "account set": try await accountSet()
    case "account rotate": try await accountRotate()
    case "account pin": try await accountPin()
    case "account remove": try await accountRemove()
    case "catalog": try await catalog()
    case "recipe add": try await recipeAdd()
    case "recipe list": try await recipeList()
    case "recipe show": try await recipeShow()
    case "recipe versions": try await recipeVersions()
    case "recipe diff": try await recipeDiff()
    case "recipe try": try await recipeTry()
    case "recipe fork": try await recipeFork()
    case "recipe rate": try await recipeRate()
    case "recipe remove": try await recipeRemove()
    case "resource upgrade": try await resourceUpgrade()
    case "offering add": try await offeringAdd()
    case "offering list": try await offeringList()
    case "offering show": try await offeringShow()
    case "offering validate": try await offeringValidate()
    case "offering remove": try await offeringRemove()
    case "provision": try await provision()
    case "resource list": try await resourceList()
    case "resource show": try await resourceShow()
    case "resource watch": try await resourceWatch()
    case "resource logs": try await resourceLogs()
    case "resource secrets": try await resourceSecrets()
    case "resource cancel": try await resourceCancel()
    case "power": try await power()
    case "terminate": try await terminate()
    case "explain": try await explain()
    case "sweep": try await sweep()
    case "finding list": try await findingList()
    case "finding show": try await findingShow()
    case "finding dismiss": try await findingDismiss()
    case "adopt": try await adopt()
    case "release": try await release()
    case "backup": try await backup()
    case "epoch show": try await epochShow()
    case "epoch confirm": try await epochConfirm()
    default: throw CommandFailure(ControlFailure(.unsupported, "\(line.command) is not built in"))
    }
  }
}
