package import Control
import Glibc
import Model

extension Session {
  func accountAdd() async throws(CommandFailure) -> ExitCode {
    let account = NewAccount(
      name: line.operand("NAME"), plugin: line.option("plugin") ?? "", credential: try credential(),
      endpoints: try Settings.endpoints(line.all("endpoint")), settings: try Settings.object(line.all("set")),
      limits: try limits())
    let answer = try await client.exchange(
      "POST", "/v1/accounts", body: ControlCoding.encode(account), timeout: .seconds(180), as: AccountView.self)
    show(answer) { AccountText.show($0, colours: console.colours) }
    return .ok
  }

  func accountSet() async throws(CommandFailure) -> ExitCode {
    let limits = try limits()
    guard !limits.isEmpty else {
      throw .usage(
        "account set needs something to set", expected: "a limit, such as --max-resources or --max-hourly",
        found: "none of them")
    }
    let answer = try await client.exchange(
      "POST", Self.path("accounts", line.operand("NAME"), "/limits"), body: ControlCoding.encode(limits),
      as: AccountView.self)
    show(answer) { AccountText.show($0, colours: console.colours) }
    return .ok
  }

  private func limits() throws(CommandFailure) -> LimitsView {
    func number(_ option: String) throws(CommandFailure) -> Int? {
      guard let text = line.option(option) else { return nil }
      guard let number = Int(text), (0...10_000_000).contains(number) else {
        throw .usage(
          "--\(option) is not a number", expected: "0 to 10000000; 0: no limit", found: Secrecy.shown(text))
      }
      return number
    }
    return LimitsView(
      maxResources: try number("max-resources"), maxFree: try number("max-free"), maxPaid: try number("max-paid"),
      maxHourly: try amount("max-hourly"),
      maxCreatesPerHour: try number("max-creates-per-hour"))
  }

  /// An option that takes an amount of money.
  func amount(_ option: String) throws(CommandFailure) -> String? {
    guard let text = line.option(option) else { return nil }
    guard let amount = Money(decimal: text) else {
      throw .usage("--\(option) is no amount", expected: "a plain decimal, such as 0.02", found: Secrecy.shown(text))
    }
    return amount.description
  }

  func accountRotate() async throws(CommandFailure) -> ExitCode {
    guard let credential = try credential() else { return .usage }
    let body = ControlCoding.encode(["credential": credential])
    let answer = try await client.exchange(
      "POST", Self.path("accounts", line.operand("NAME"), "/rotate"), body: body, timeout: .seconds(120),
      as: AccountView.self)
    show(answer) { AccountText.show($0, colours: console.colours) }
    return .ok
  }

  func accountPin() async throws(CommandFailure) -> ExitCode {
    let answer = try await client.exchange(
      "POST", Self.path("accounts", line.operand("NAME"), "/pin\(line.has("sure") ? "?sure=true" : "")"),
      timeout: .seconds(180), as: AccountView.self)
    show(answer) { AccountText.show($0, colours: console.colours) }
    return .ok
  }

  private func credential() throws(CommandFailure) -> Credential? {
    if line.has("no-credential") {
      guard !line.has("credential-file") else {
        throw .usage("--no-credential and --credential-file contradict each other", remedy: "give one of them")
      }
      return nil
    }
    let path = line.option("credential-file") ?? "-"
    let bytes: [UInt8]
    if path == "-" && isatty(0) == 1 {
      console.err("credential for \(Plain.text(line.operand("NAME"))) (not shown; end with Enter): ")
      bytes = try InputFile.hiddenLine(limit: 8192)
      console.err("\n")
    } else {
      bytes = try InputFile.read(path, what: "credential file", limit: 8192)
    }
    var text = String(decoding: bytes, as: UTF8.self)
    while let last = text.last, last.isWhitespace { text.removeLast() }
    guard !text.isEmpty else {
      throw .usage(
        "the credential is empty", expected: "one line", found: "nothing",
        remedy: line.command == "account add"
          ? "pass --credential-file FILE, send it to standard input, or say --no-credential"
          : "pass --credential-file FILE, or send it to standard input")
    }
    if path != "-", InputFile.isSharedWithOthers(path) {
      console.err("note: other users may read \(Plain.text(path)); `chmod 600` ends that\n")
    }
    return Credential(text)
  }

  func accountList() async throws(CommandFailure) -> ExitCode {
    let answer = try await client.get("/v1/accounts", as: ListView<AccountView>.self)
    show(answer) { AccountText.list($0.items, colours: console.colours) }
    return .ok
  }

  func accountShow() async throws(CommandFailure) -> ExitCode {
    let answer = try await client.get(Self.path("accounts", line.operand("NAME")), as: AccountView.self)
    show(answer) { AccountText.show($0, colours: console.colours) }
    return .ok
  }

  func accountCheck() async throws(CommandFailure) -> ExitCode {
    let answer = try await client.exchange(
      "POST", Self.path("accounts", line.operand("NAME"), "/check"), timeout: .seconds(120), as: AccountView.self)
    show(answer) { AccountText.show($0, colours: console.colours) }
    guard answer.view.health.state != "healthy" else { return .ok }
    return answer.view.health.failure?.code.exit ?? .unhealthy
  }

  func accountRemove() async throws(CommandFailure) -> ExitCode {
    _ = try await client.send("DELETE", Self.path("accounts", line.operand("NAME")))
    say("account \(Plain.text(line.operand("NAME"))) removed; its credential is forgotten")
    return .ok
  }
}

/// Reads `KEY=VALUE` words; pure.
package enum Settings {
  /// An object of the words; a value is JSON where it is JSON, else text.
  package static func object(_ words: [String]) throws(CommandFailure) -> JSON {
    var members: [String: JSON] = [:]
    for word in words {
      let (name, value) = try pair(word, option: "--set", form: "KEY=VALUE")
      guard !Secrecy.namesSecret(name) else { throw CommandFailure(Secrecy.refusal("account add")) }
      guard members.updateValue(ControlCoding.tree(Array(value.utf8)) ?? .string(value), forKey: name) == nil else {
        throw .usage("--set \(Secrecy.shown(name)) is given twice", remedy: "give it once")
      }
    }
    return .object(members)
  }

  /// Origins by endpoint name; `unix:/path` is a socket.
  package static func endpoints(_ words: [String]) throws(CommandFailure) -> [String: EndpointOverride] {
    var result: [String: EndpointOverride] = [:]
    for word in words {
      let (name, value) = try pair(word, option: "--endpoint", form: "NAME=URL")
      var endpoint = result[name] ?? EndpointOverride()
      if value.hasPrefix("unix:") {
        endpoint.unixSocket = String(value.dropFirst(5))
      } else if value.hasPrefix("http://") || value.hasPrefix("https://") {
        endpoint.url = value
      } else {
        throw .usage(
          "--endpoint \(Secrecy.shown(name)) is not an address", expected: "http://…, https://… or unix:/path",
          found: Secrecy.shown(value))
      }
      result[name] = endpoint
    }
    return result
  }

  private static func pair(_ word: String, option: String, form: String) throws(CommandFailure) -> (String, String) {
    guard let equals = word.firstIndex(of: "="), equals > word.startIndex else {
      throw .usage("\(option) needs \(form)", expected: form, found: Secrecy.shown(word))
    }
    return (String(word[..<equals]), String(word[word.index(after: equals)...]))
  }
}
