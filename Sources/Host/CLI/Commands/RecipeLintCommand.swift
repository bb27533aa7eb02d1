import Control
import Daemon
import Model
import System

/// `slipway recipe lint` and `slipway recipe templates`: need no daemon.
enum RecipeLintCommand {
  static func lint(_ line: Invocation, console: Console) async throws(CommandFailure) -> ExitCode {
    let file = line.operand("FILE")
    let bytes = try InputFile.read(file, what: "recipe file", limit: RecipeLimits.bodyBytes + 1)
    let reactor: Reactor
    do throws(SystemError) { reactor = try Reactor(name: "lint") } catch {
      throw CommandFailure(ControlFailure(.internal, error.description))
    }
    let view = LintView(await RecipeChecker(on: reactor).check(bytes))
    console.out(
      line.has("json")
        ? String(decoding: ControlCoding.encode(view, pretty: true), as: UTF8.self) + "\n"
        : RecipeText.lint(view, of: file, colours: console.colours))
    return view.holds ? .ok : .invalid
  }

  static func templates(_ line: Invocation, console: Console) throws(CommandFailure) -> ExitCode {
    let name = line.operand("NAME")
    if name.isEmpty {
      console.out(RecipeText.templates(RecipeTemplate.all, colours: console.colours))
    } else {
      console.out(String(decoding: try RecipeTemplate.find(name).body, as: UTF8.self))
    }
    return .ok
  }
}
