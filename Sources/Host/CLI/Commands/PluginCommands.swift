import Control

extension Session {
  func health() async throws(CommandFailure) -> ExitCode {
    let answer = try await client.get("/v1/health", as: HealthView.self)
    show(answer) { PluginText.health($0, now: now, colours: console.colours) }
    return answer.view.status == "ok" ? .ok : .unhealthy
  }

  func pluginList() async throws(CommandFailure) -> ExitCode {
    let answer = try await client.get("/v1/plugins", as: ListView<PluginView>.self)
    show(answer) { PluginText.list($0.items, colours: console.colours) }
    return .ok
  }

  func pluginShow() async throws(CommandFailure) -> ExitCode {
    let answer = try await client.get(Self.path("plugins", line.operand("ID")), as: PluginView.self)
    show(answer) { PluginText.show($0, colours: console.colours) }
    return .ok
  }

  func pluginReload() async throws(CommandFailure) -> ExitCode {
    let answer = try await client.exchange(
      "POST", Self.path("plugins", line.operand("ID"), "/reload"), timeout: .seconds(120), as: PluginView.self)
    show(answer) { PluginText.show($0, colours: console.colours) }
    return answer.view.state == "serving" ? .ok : .unhealthy
  }
}
