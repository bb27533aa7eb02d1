import Control
import Daemon
import Glibc
import HTTP
import System

/// `slipway serve`: the one place where the command starts the daemon.
enum Serve {
  static func run(_ line: Invocation, environment: [String: String], console: Console) async throws(CommandFailure)
    -> ExitCode
  {
    let configuration = try configuration(line, environment: environment)
    let owner = geteuid()
    do {
      let host = try await DaemonHost(configuration: configuration, environment: environment) { backend in
        let api = ControlAPI(backend, owner: owner)
        return { await api.reply(to: $0, from: $1) }
      }
      try await host.run {
        console.err("slipway \(Version.current) serves on \(configuration.socket), state in \(configuration.state)\n")
      }
      return .ok
    } catch let error as HostStartError {
      throw CommandFailure(error.failure)
    } catch let error as UnreadableRecord {
      throw CommandFailure(
        ControlFailure(
          .internal, "record \(error.key) of the ledger cannot be read", expected: error.expected, found: error.found,
          remedy: error.remedy))
    } catch let error as SystemError {
      throw CommandFailure(
        ControlFailure(
          .internal, "the daemon cannot start", expected: "that the system lets it",
          found: error.description, remedy: "mend what the system complains of, then start it again"))
    } catch {
      throw CommandFailure(
        ControlFailure(
          .internal, "the daemon has ended", found: "\(error)",
          remedy: "start it again: it goes on from its ledger; a second time, keep its log and report this"))
    }
  }

  /// Defaults, then the file, then the options.
  private static func configuration(_ line: Invocation, environment: [String: String]) throws(CommandFailure)
    -> Configuration
  {
    let facts = HostFacts(isRoot: geteuid() == 0, programs: try programs(), environment: environment)
    var configuration = Configuration(host: facts)
    if let path = line.option("config") {
      let bytes = try InputFile.read(path, what: "configuration file", limit: 1 << 20)
      do { try configuration.apply(bytes, file: path) } catch {
        throw CommandFailure.usage(
          error.place + ": " + error.message, expected: error.expected, found: error.found,
          remedy: error.remedy ?? "correct it there; `slipway help configuration` lists what each key takes")
      }
    }
    if let state = line.option("state") { configuration.moveState(to: InputFile.absolute(state)) }
    if let socket = line.option("socket") { configuration.socket = InputFile.absolute(socket) }
    if line.has("plugins") { configuration.plugins = line.all("plugins").map(InputFile.absolute) }
    return configuration
  }

  /// The directory of this executable, links resolved.
  static func programs() throws(CommandFailure) -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    guard count > 0 else {
      throw CommandFailure(ControlFailure(.internal, "/proc/self/exe cannot be read", remedy: "mount /proc"))
    }
    let path = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  }
}
