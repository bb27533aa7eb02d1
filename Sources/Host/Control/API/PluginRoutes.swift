import HTTP

extension ControlRoutes {
  /// Health and plugins.
  mutating func addPlugins() {
    let backend = backend
    on("GET", "/v1/health") { _ throws(ControlFailure) in .whole(ControlAPI.json(try await backend.health())) }
    on("GET", "/v1/plugins", query: ["settled", "watch"]) { call throws(ControlFailure) in
      if try call.truth("watch") ?? false {
        let lists = try await backend.watchPlugins()
        return .streamed(.lines, ControlAPI.lines(lists) { ControlCoding.encode(ListView(items: $0)) })
      }
      return .whole(
        ControlAPI.json(ListView(items: try await backend.plugins(settled: try call.truth("settled") ?? false))))
    }
    on("GET", "/v1/plugins/{id}") { call throws(ControlFailure) in
      .whole(ControlAPI.json(try await backend.plugin(call.parameter("id"))))
    }
    on("POST", "/v1/plugins", takesBody: true) { call throws(ControlFailure) in
      let path = try RequestDecoding.plugin(call.request.body)
      return .whole(ControlAPI.json(try await backend.installPlugin(path)))
    }
    for command in PluginCommand.allCases {
      on("POST", "/v1/plugins/{id}/\(command.rawValue)") { call throws(ControlFailure) in
        .whole(ControlAPI.json(try await backend.steerPlugin(call.parameter("id"), command)))
      }
    }
    on("POST", "/v1/plugins/{id}/approve", takesBody: true) { call throws(ControlFailure) in
      let digest = try RequestDecoding.approval(call.request.body)
      return .whole(ControlAPI.json(try await backend.approvePlugin(call.parameter("id"), sha256: digest)))
    }
  }
}
