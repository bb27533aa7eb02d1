import Control

extension Session {
  func health() async throws(CommandFailure) -> ExitCode {
    let answer = try await client.get("/v1/health", as: HealthView.self)
    show(answer) { PluginText.health($0, now: now, colours: console.colours) }
    return answer.view.status == "ok" ? .ok : .unhealthy
  }

  func pluginList() async throws(CommandFailure) -> ExitCode {
    let answer = try await client.get(
      "/v1/plugins\(line.has("settled") ? "?settled=true" : "")", as: ListView<PluginView>.self)
    show(answer) { PluginText.list($0.items, colours: console.colours) }
    return .ok
  }

  func pluginShow() async throws(CommandFailure) -> ExitCode {
    let answer = try await client.get(Self.path("plugins", line.operand("ID")), as: PluginView.self)
    show(answer) { PluginText.show($0, colours: console.colours) }
    return answer.view.state == "serving" ? .ok : .unhealthy
  }

  func pluginInstall() async throws(CommandFailure) -> ExitCode {
    let body = ControlCoding.encode(["path": InputFile.absolute(line.operand("FILE"))])
    return told(try await steered("/v1/plugins", body)) { $0.serves && $0.problem == nil }
  }

  func pluginSteer(_ command: PluginCommand) async throws(CommandFailure) -> ExitCode {
    let path = Self.path("plugins", line.operand("ID"))
    let before = command == .rollback ? try await client.get(path, as: PluginView.self).view.previous : nil
    let answer = try await steered(path + "/\(command.rawValue)")
    return told(answer) { view in
      switch command {
      case .disable: view.state == "disabled"
      case .rollback: view.serves && view.sha256 == before
      case .reset: view.state == "disabled" || view.serves && view.problem == nil
      case .reload, .enable: view.serves && view.problem == nil
      }
    }
  }

  func pluginApprove() async throws(CommandFailure) -> ExitCode {
    let path = Self.path("plugins", line.operand("ID"))
    let waiting = try await client.get(path, as: PluginView.self)
    guard let held = waiting.view.held, let digest = held.sha256, !held.asks.isEmpty else {
      throw CommandFailure(
        ControlFailure(
          .conflict, "no image of plugin \(Plain.text(line.operand("ID"))) waits for approval",
          remedy: "see `slipway plugin show \(Plain.text(line.operand("ID")))`"))
    }
    if line.has("dry-run") {
      show(waiting) { PluginText.asks(of: $0) }
      return .ok
    }
    // What is approved is what was shown: another image that came meanwhile is refused by its digest.
    if !isJSON { console.out(PluginText.asks(of: waiting.view)) }
    return told(try await steered(path + "/approve", ControlCoding.encode(["sha256": digest]))) {
      $0.serves && $0.problem == nil
    }
  }

  private func steered(_ target: String, _ body: [UInt8] = []) async throws(CommandFailure)
    -> ControlClient.Answer<PluginView>
  {
    try await client.exchange("POST", target, body: body, timeout: .seconds(300), as: PluginView.self)
  }

  private func told(_ answer: ControlClient.Answer<PluginView>, _ isDone: (PluginView) -> Bool) -> ExitCode {
    show(answer) { PluginText.show($0, colours: console.colours) }
    return isDone(answer.view) ? .ok : .unhealthy
  }
}

extension PluginView {
  fileprivate var serves: Bool { state == "serving" }
}
