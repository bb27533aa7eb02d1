import CloudSim
import FoundationEssentials
import HTTP
import System

/// What the command line asks for.
struct ServerOptions {
  static let usage = """
    usage: slipway-sim CLOUD [--listen ADDRESS:PORT] [--print-address] [--token TOKEN] [--fast] [--seed N]
                             [--vms DIR [--vm-port PORT]] [--config FILE]

      CLOUD                  \(KnownClouds.names)
      --listen ADDRESS:PORT  where to listen; port 0 lets the kernel choose (default 127.0.0.1:0)
      --print-address        print "listening on http://ADDRESS:PORT/PATH" once it answers
      --token TOKEN          token of the project "default" (default sim-token)
      --fast                 delays of milliseconds and no rate limit
      --seed N               seed of every random delay (default 1)
      --vms DIR              run a real sshd for each server, with its state below DIR (root only)
      --vm-port PORT         port of these (default 22)
      --config FILE          JSON: {"settings": {}, "tokens": [], "faults": [], "stock": [], "servers": []}
    """

  var cloud: any SimulatedCloud.Type
  var address: SocketAddress
  var printsAddress = false
  var token = "sim-token"
  var fast = false
  var seed: UInt64 = 1
  var vms: String?
  var vmPort: UInt16 = 22
  var config: String?
  var help = false

  init(_ arguments: [String]) throws(AdminProblem) {
    address = try Self.address("127.0.0.1:0")
    var rest = arguments[...]
    guard let name = rest.popFirst() else {
      throw AdminProblem("expected a cloud; known are \(KnownClouds.names)\n\(Self.usage)")
    }
    help = name == "--help" || name == "-h"
    guard let known = help ? KnownClouds.all.first : KnownClouds.all.first(where: { $0.name == name }) else {
      throw AdminProblem("unknown cloud \"\(name)\"; known are \(KnownClouds.names)")
    }
    cloud = known
    while let option = rest.popFirst() {
      switch option {
      case "--help", "-h": help = true
      case "--print-address": printsAddress = true
      case "--fast": fast = true
      case "--listen": address = try Self.address(try Self.value(option, &rest))
      case "--token": token = try Self.value(option, &rest)
      case "--seed": seed = try Self.number(option, try Self.value(option, &rest))
      case "--vms": vms = try Self.value(option, &rest)
      case "--vm-port": vmPort = try Self.number(option, try Self.value(option, &rest))
      case "--config": config = try Self.value(option, &rest)
      default: throw AdminProblem("unknown option \"\(option)\"\n\(Self.usage)")
      }
    }
    if token.isEmpty { throw AdminProblem("--token: expected a token, found nothing") }
  }

  /// The cloud as options and configuration file want it.
  func make<Cloud: SimulatedCloud>(_: Cloud.Type, start: Int64) throws(AdminProblem) -> Cloud {
    var cloud = Cloud(token: token, settings: fast ? .fast : .realistic, seed: seed, start: start, pool: .silent)
    guard let config else { return cloud }
    let bytes: [UInt8]
    do { bytes = Array(try Data(contentsOf: URL(filePath: config))) } catch {
      throw AdminProblem("--config: \(config) cannot be read: expected a JSON file that this user may open")
    }
    guard let json = JSON(parsing: bytes) else { throw AdminProblem("--config: \(config) is not JSON") }
    try cloud.configure(json)
    return cloud
  }

  private static func value(_ option: String, _ rest: inout ArraySlice<String>) throws(AdminProblem) -> String {
    guard let value = rest.popFirst() else { throw AdminProblem("\(option): expected a value, found the end") }
    return value
  }

  private static func number<Number: FixedWidthInteger>(
    _ option: String, _ text: String
  ) throws(AdminProblem) -> Number {
    guard let number = Number(text) else { throw AdminProblem("\(option): expected a number, found \"\(text)\"") }
    return number
  }

  private static func address(_ text: String) throws(AdminProblem) -> SocketAddress {
    let host = text.prefix { $0 != ":" }
    guard let port = UInt16(text.dropFirst(host.count + 1)), let address = SocketAddress(String(host), port: port)
    else { throw AdminProblem("--listen: expected ADDRESS:PORT such as 127.0.0.1:0, found \"\(text)\"") }
    return address
  }
}
