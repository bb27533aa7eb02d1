import HTTP

extension ControlRoutes {
  /// Offerings.
  mutating func addOfferings() {
    let backend = backend
    on("POST", "/v1/offerings", takesBody: true) { call throws(ControlFailure) in
      let offering = try RequestDecoding.offering(call.request.body)
      return .whole(ControlAPI.json(try await backend.addOffering(offering), status: 201))
    }
    on("GET", "/v1/offerings", query: ["has_recipe"]) { call throws(ControlFailure) in
      let hasRecipe = try call.truth("has_recipe")
      return .whole(ControlAPI.json(ListView(items: try await backend.offerings(hasRecipe: hasRecipe))))
    }
    on("GET", "/v1/offerings/{name}") { call throws(ControlFailure) in
      .whole(ControlAPI.json(try await backend.offering(call.parameter("name"))))
    }
    on("POST", "/v1/offerings/{name}/validate") { call throws(ControlFailure) in
      .whole(ControlAPI.json(try await backend.validateOffering(call.parameter("name"))))
    }
    on("DELETE", "/v1/offerings/{name}") { call throws(ControlFailure) in
      try await backend.removeOffering(call.parameter("name"))
      return .whole(HTTPResponse(status: 204))
    }
  }
}
