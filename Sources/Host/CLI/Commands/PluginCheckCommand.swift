import Conformance
import Control
import Daemon
import Glibc
import PluginMessages
import System

/// `slipway plugin check`: needs no daemon.
enum PluginCheckCommand {
  static func run(_ line: Invocation, environment: [String: String], console: Console) async throws(CommandFailure)
    -> ExitCode
  {
    let check = PluginCheck(
      file: InputFile.absolute(line.operand("FILE")), worker: .path("\(try Serve.programs())/slipway-worker"),
      libraries: line.all("libraries").map(InputFile.absolute), subject: try subject(line), cloud: try cloud(line))
    guard access(check.file, R_OK) == 0 else {
      throw .usage(
        "\(check.file) cannot be read: \(String(cString: strerror(errno)))", expected: "a plugin's file", found: "none")
    }
    let report: CheckReport
    do {
      let reactor = try Reactor(name: "check")
      let signals = try Signals.watch(on: reactor) { number in
        let mayStand =
          check.cloud == nil ? "" : "; what was made on a cloud may still stand: look for slipway-01j0…check1"
        console.err("slipway: interrupted\(mayStand)\n")
        check.abandon()
        _exit(128 + number)
      }
      defer { signals.cancel() }
      report = try await check.run(on: reactor) { console.err("  \($0)\n") }
    } catch let error as SystemError {
      throw CommandFailure(ControlFailure(.internal, "the check could not start: \(error)"))
    } catch {
      throw CommandFailure(ControlFailure(.internal, "the check could not start: \(error)"))
    }
    console.out(line.has("json") ? CheckText.json(report) : CheckText.text(report, colours: console.colours))
    return report.holds ? .ok : .unhealthy
  }

  private static func subject(_ line: Invocation) throws(CommandFailure) -> CheckSubject {
    let settings = JSONValue(try Settings.object(line.all("set")))
    guard let place = line.option("placement") else { return CheckSubject(settings: settings) }
    let words = place.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard words.count == 2, let image = line.option("image") else {
      throw .usage(
        "--placement goes with --image", expected: "--placement TYPE/LOCATION --image IMAGE",
        found: Secrecy.shown(place))
    }
    var config = JSON.object([:])
    if let text = line.option("config") {
      guard let tree = ControlCoding.tree(Array(text.utf8)) else {
        throw .usage("--config is not JSON", expected: "an object", found: Secrecy.shown(text))
      }
      config = tree
    }
    return CheckSubject(
      settings: settings,
      placement: PlacementSpec(type: words[0], location: words[1], image: image, config: JSONValue(config)))
  }

  private static func cloud(_ line: Invocation) throws(CommandFailure) -> CheckCloud? {
    let given = try Settings.endpoints(line.all("endpoint"))
    guard !given.isEmpty || line.has("credential-file") else { return nil }
    guard line.has("placement") else {
      throw .usage(
        "a cloud is tried with something that it sells", expected: "--placement TYPE/LOCATION --image IMAGE",
        found: "neither")
    }
    var credential: [UInt8]?
    if let path = line.option("credential-file") {
      credential = try InputFile.read(path, what: "credential file", limit: 8192)
      while let last = credential?.last, last == 10 || last == 13 || last == 32 { credential?.removeLast() }
    }
    let endpoints = given.compactMapValues { $0.url ?? $0.unixSocket.map { "unix:\($0)" } }
    return CheckCloud(endpoints: endpoints, credential: credential)
  }
}
