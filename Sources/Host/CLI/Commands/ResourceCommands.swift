import Control

extension Session {
  func provision() async throws(CommandFailure) -> ExitCode {
    var keys: [String] = []
    for path in line.all("ssh-key") {
      let bytes = try InputFile.read(path, what: "public key file", limit: 65_536)
      keys += try Self.publicKeys(bytes, file: path)
    }
    let key = line.option("idempotency-key") ?? Self.freshKey()
    let body = NewResource(
      offering: line.operand("OFFERING"), tenant: line.option("tenant") ?? "", sshKeys: keys,
      expiresInS: try seconds("expires-in"), inputs: try givenInputs(),
      maxHourly: try amount("max-price"))
    let answer: ControlClient.Answer<AcceptedView>
    do throws(CommandFailure) {
      answer = try await client.exchange(
        "POST", "/v1/resources", body: ControlCoding.encode(body), headers: [("idempotency-key", key)],
        as: AcceptedView.self)
    } catch {
      var error = error
      if error.failure.code == .unknownOutcome {
        error.failure.remedy = "repeat the command with --idempotency-key \(key): it makes no second machine"
      }
      throw error
    }
    if line.has("no-wait") {
      show(answer) { "resource \($0.resourceId)\noperation \($0.operationId)\n" }
      return .ok
    }
    if !isJSON {
      console.out("resource \(answer.view.resourceId)\(answer.view.replayed ? " (accepted before)" : "")\n")
    }
    return try await wait(for: answer.view)
  }

  /// The keys of a file, one a line; comments and empty lines are passed over.
  static func publicKeys(_ bytes: [UInt8], file: String) throws(CommandFailure) -> [String] {
    let text = String(decoding: bytes, as: UTF8.self)
    let lines = text.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("#") }
    guard !lines.isEmpty else {
      throw .usage(
        "the public key file \(Plain.text(file)) is empty", expected: "a line such as ssh-ed25519 AAAA… name")
    }
    var keys: [String] = []
    for line in lines {
      do throws(SSHKeyLine.Problem) { keys.append(try SSHKeyLine.checked(String(line))) } catch {
        throw .usage(
          "\(Plain.text(file)) \(error.problem)", expected: error.expected, found: error.found, remedy: error.remedy)
      }
    }
    return keys
  }

  static func freshKey() -> String {
    var random = SystemRandomNumberGenerator()
    return "cli-\(String(random.next(), radix: 36))\(String(random.next(), radix: 36))"
  }

  func resourceList() async throws(CommandFailure) -> ExitCode {
    do throws(ControlFailure) { _ = try RequestDecoding.state(line.option("state")) } catch {
      throw CommandFailure(error)
    }
    let query = ControlTarget.query([("state", line.option("state")), ("offering", line.option("offering"))])
    let answer = try await client.get("/v1/resources\(query)", as: ListView<ResourceView>.self)
    show(answer) { list in
      let all = line.has("all") || line.has("state")
      let shown = all ? list.items : list.items.filter { !$0.hasEnded || $0.cleanup != nil }
      let hidden = list.items.count - shown.count
      if shown.isEmpty && hidden > 0 { return "none that has not ended; --all shows \(hidden) that have\n" }
      return ResourceText.list(shown, now: now, colours: console.colours)
        + (hidden > 0 ? "\n\(hidden) more that ended; --all shows them\n" : "")
    }
    return .ok
  }

  func resourceShow() async throws(CommandFailure) -> ExitCode {
    let answer = try await client.get("/v1/resources/\(try await resourceID())", as: ResourceView.self)
    show(answer) { ResourceText.show($0, now: now, colours: console.colours) }
    return .ok
  }

  func explain() async throws(CommandFailure) -> ExitCode {
    let answer = try await client.get(
      "/v1/resources/\(try await resourceID())/timeline", as: ListView<TimelineEntryView>.self)
    show(answer) { TimelineText.table($0.items, colours: console.colours) }
    return .ok
  }

  func terminate() async throws(CommandFailure) -> ExitCode {
    let id = try await resourceID()
    let before = try await client.get("/v1/resources/\(id)", as: ResourceView.self)
    guard before.view.hasEnded, before.view.cleanup == nil else {
      return try await act("DELETE", "/v1/resources/\(id)")
    }
    let ended = ResourceText.ended(before.view, now: now)
    guard before.view.state != "released" else {
      throw CommandFailure(
        ControlFailure(
          .conflict, ended, expected: "a machine of this installation", found: "one that it let go",
          remedy: "end the machine at its cloud: it was given out of our hands, and no sweep tells of it"))
    }
    show(before) { _ in ended + "\n" }
    return .ok
  }

  func power() async throws(CommandFailure) -> ExitCode {
    let action = line.operand("ACTION")
    guard PowerAction(rawValue: action) != nil else {
      throw .usage(
        "there is no power action \(Secrecy.shown(action))",
        expected: PowerAction.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return try await act(
      "POST", "/v1/resources/\(try await resourceID())/power", body: ControlCoding.encode(["action": action]))
  }

  func act(_ method: String, _ target: String, body: [UInt8] = []) async throws(CommandFailure) -> ExitCode {
    let answer = try await client.exchange(method, target, body: body, as: AcceptedView.self)
    if line.has("no-wait") {
      show(answer) { "resource \($0.resourceId)\noperation \($0.operationId)\n" }
      return .ok
    }
    return try await wait(for: answer.view)
  }
}
