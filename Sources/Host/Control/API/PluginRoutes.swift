import HTTP

extension ControlRoutes {
  /// Health and plugins.
  mutating func addPlugins() {
    let backend = backend
    on("GET", "/v1/health") { _ throws(ControlFailure) in .whole(ControlAPI.json(try await backend.health())) }
    on("GET", "/v1/plugins") { _ throws(ControlFailure) in
      .whole(ControlAPI.json(ListView(items: try await backend.plugins())))
    }
    on("GET", "/v1/plugins/{id}") { call throws(ControlFailure) in
      .whole(ControlAPI.json(try await backend.plugin(call.parameter("id"))))
    }
    on("POST", "/v1/plugins/{id}/reload") { call throws(ControlFailure) in
      .whole(ControlAPI.json(try await backend.reloadPlugin(call.parameter("id"))))
    }
  }
}
