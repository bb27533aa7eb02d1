import CLI
import Control
import Testing

@Suite struct ArgumentTests {
  private func parsed(_ line: String) throws -> ParsedLine {
    try ArgumentParser().parse(line.split(separator: " ").map(String.init))
  }

  private func refused(_ line: String) -> UsageError? {
    do {
      _ = try parsed(line)
      return nil
    } catch {
      return error as? UsageError
    }
  }

  @Test func `operands and options are read in any order`() throws {
    guard
      case .invocation(let line) = try parsed(
        "--json account add --plugin acme prod --endpoint api=http://h --endpoint=b=unix:/s --socket=/s")
    else { return #expect(Bool(false)) }
    #expect(line.command == "account add")
    #expect(line.operand("NAME") == "prod")
    #expect(line.option("plugin") == "acme")
    #expect(line.all("endpoint") == ["api=http://h", "b=unix:/s"])
    #expect(line.has("json"))
    #expect(line.option("socket") == "/s")
  }

  @Test func `after two dashes everything is an operand`() throws {
    guard case .invocation(let line) = try parsed("resource show -- --json") else { return #expect(Bool(false)) }
    #expect(line.operand("RESOURCE") == "--json")
    #expect(!line.has("json"))
  }

  @Test func `help is found from everywhere`() throws {
    #expect(try parsed("") == .help(topic: ""))
    #expect(try parsed("--help") == .help(topic: ""))
    #expect(try parsed("help account add") == .help(topic: "account add"))
    #expect(try parsed("account add --help") == .help(topic: "account add"))
    #expect(try parsed("account --help") == .help(topic: "account"))
    #expect(try parsed("help exit-codes") == .help(topic: "exit-codes"))
  }

  @Test(arguments: [
    ("provison small", "there is no command provison", "did you mean `slipway provision`?"),
    ("account ad x", "there is no command account ad", "did you mean `slipway account add`?"),
    (
      "account", "slipway account needs one more word: add, list, show, check, set, rotate, pin, remove",
      "see `slipway account --help`"
    ),
    ("resource list --sate x", "slipway resource list has no option --sate", "did you mean --state?"),
    ("resource list -x", "slipway resource list has no option -x", "see `slipway resource list --help`"),
    (
      "terminate",
      "slipway terminate needs RESOURCE: id of a resource, or enough of its beginning or end to be the only one",
      "slipway terminate RESOURCE [options]"
    ),
    ("terminate a b", "b is one argument too many", "slipway terminate RESOURCE [options]"),
    ("account add prod", "slipway account add needs --plugin ID", "see `slipway account add --help`"),
    (
      "terminate a 01M82JS854F464X16BQEE5B4B0", "01M82JS854F464X16BQEE5B4B0 is one argument too many",
      "slipway terminate RESOURCE [options]"
    ),
    ("provision s --tenant", "--tenant needs a value: NAME", "see `slipway provision --help`"),
    ("provision s --tenant --json", "--tenant needs a value: NAME", "see `slipway provision --help`"),
    ("provision s --no-wait=1", "--no-wait takes no value", "write --no-wait alone"),
    ("provision s --tenant a --tenant b", "--tenant is given twice", "give it once"),
  ])
  func `a mistake is named with what to do`(line: String, message: String, remedy: String) {
    #expect(refused(line) == UsageError(message, remedy: remedy))
  }

  static let token = "Xk29dhTTa8sQ0pLm3vN7yRb5WcZe1JfU"

  @Test(arguments: [
    "account add prod --plugin acme --token \(token)", "account add prod --plugin acme --credential=\(token)",
    "account add prod --plugin acme --api-key \(token)", "account add prod \(token) --plugin acme",
    "account add --plugin acme prod --PASSWORD=\(token)",
  ])
  func `a credential on the command line is refused, with the remedy and without repeating it`(line: String) {
    let error = refused(line)
    #expect(error?.remedy.contains("--credential-file") == true)
    #expect(error.map { "\($0)".contains(Self.token) } == false)
  }

  @Test func `settings and endpoints are taken apart`() throws {
    #expect(
      try Settings.object(["a=1", "b=x=y", "c=true", "d=[1]"])
        == .object(["a": .integer(1), "b": .string("x=y"), "c": .bool(true), "d": .array([.integer(1)])]))
    #expect(
      try Settings.endpoints(["api=unix:/run/x.sock", "api=http://h/v1"])
        == ["api": EndpointOverride(url: "http://h/v1", unixSocket: "/run/x.sock")])
    #expect(throws: CommandFailure.self) { try Settings.object(["api_token=abc"]) }
    #expect(throws: CommandFailure.self) { try Settings.object(["=x"]) }
    #expect(throws: CommandFailure.self) { try Settings.endpoints(["api=ftp://h"]) }
  }

  @Test(
    arguments: [
      ("90", 90), ("90s", 90), ("15m", 900), ("2h", 7200), ("7d", 604_800), ("1h30m", 5400), ("", nil), ("h", nil),
      ("1x", nil), ("1h30", nil), ("-1", nil), ("99999999999d", nil), ("１h", nil), ("1 h", nil),
    ] as [(String, Int?)])
  func `spans of time are read`(text: String, seconds: Int?) { #expect(TimeSpan.seconds(text) == seconds) }

  @Test(
    arguments: [
      (0, "0.000s"), (250, "0.250s"), (9_999, "9.999s"), (12_340, "12.3s"), (245_000, "4m05s"), (7_800_000, "2h10m"),
      (273_600_000, "3d04h"), (-5, "0.000s"),
    ] as [(Int64, String)])
  func `spans of time are shown`(ms: Int64, text: String) { #expect(TimeSpan.text(ms: ms) == text) }

  @Test func `a resource is found by the beginning or the end of its id`() throws {
    let ids = ["01JAB3CDEFGH0123456789KMNP", "01JAB3CDEFGH0123456789KMNQ", "01JAC3CDEFGH0123456789KMZZ"]
    #expect(try ResourceReference.resolve("mnp", among: ids) == ids[0])
    #expect(try ResourceReference.resolve("01JAC", among: ids) == ids[2])
    #expect(try ResourceReference.resolve("01jab3cdefgh0123456789kmnq", among: []) == ids[1])
    do {
      _ = try ResourceReference.resolve("01JAB", among: ids)
      Issue.record("an ambiguous id was taken")
    } catch { #expect(error.failure.found == "01JAB3CDEFGH0123456789KMNP, 01JAB3CDEFGH0123456789KMNQ") }
    do {
      _ = try ResourceReference.resolve("", among: ids)
      Issue.record("an empty id was taken")
    } catch { #expect(error.exit == .notFound) }
  }

  @Test func `arbitrary words are understood or refused, and a secret is never repeated`() {
    var random = SplitMix(seed: 3)
    var words = CommandTable.all.flatMap { $0.name.split(separator: " ").map(String.init) }
    words += CommandTable.all.flatMap { $0.allOptions.map { "--\($0.name)" } }
    words += [
      "--", "-", "-h", "", "=", "--=", "---", "--json=1", "x", "\u{1B}[31m", "é", Self.token, "--socket", "help",
    ]
    words += ["--x=\(Self.token)", "--token=\(Self.token)"]
    let parser = ArgumentParser()
    for _ in 0..<50_000 {
      let line = (0..<Int.random(in: 0..<7, using: &random)).map { _ in words.randomElement(using: &random) ?? "" }
      do { _ = try parser.parse(line) } catch {
        #expect(!"\(error.message) \(error.remedy)".contains(Self.token), "\(line)")
        #expect(!error.message.contains("\u{1B}"))
      }
    }
  }

  @Test func `every command has help with a usage and an example, and every example is understood`() throws {
    for command in CommandTable.all {
      let text = HelpText.text(command.name)
      #expect(text.contains("Usage: slipway \(command.name)"))
      #expect(!command.examples.isEmpty)
      for example in command.examples {
        let words = (example.line.split(separator: "|").last ?? "").split(separator: " ").map(String.init)
        guard case .invocation(let line) = try ArgumentParser().parse(Array(words.dropFirst())) else {
          Issue.record("\(example.line)")
          continue
        }
        #expect(line.command == command.name)
      }
      #expect(text.split(separator: "\n").allSatisfy { !$0.hasSuffix(" ") })
    }
  }
}

/// Randomness that a seed repeats.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
