import HTTP

extension ControlRoutes {
  /// Cloud accounts.
  mutating func addAccounts() {
    let backend = backend
    on("POST", "/v1/accounts", takesBody: true) { call throws(ControlFailure) in
      let account = try RequestDecoding.account(call.request.body)
      return .whole(ControlAPI.json(try await backend.addAccount(account), status: 201))
    }
    on("GET", "/v1/accounts") { _ throws(ControlFailure) in
      .whole(ControlAPI.json(ListView(items: try await backend.accounts())))
    }
    on("GET", "/v1/accounts/{name}") { call throws(ControlFailure) in
      .whole(ControlAPI.json(try await backend.account(call.parameter("name"))))
    }
    on("POST", "/v1/accounts/{name}/check") { call throws(ControlFailure) in
      .whole(ControlAPI.json(try await backend.checkAccount(call.parameter("name"))))
    }
    on("POST", "/v1/accounts/{name}/rotate", takesBody: true) { call throws(ControlFailure) in
      let credential = try RequestDecoding.rotation(call.request.body)
      return .whole(ControlAPI.json(try await backend.rotateAccount(call.parameter("name"), to: credential)))
    }
    on("POST", "/v1/accounts/{name}/pin", query: ["sure"]) { call throws(ControlFailure) in
      let isSure = try call.truth("sure") ?? false
      return .whole(ControlAPI.json(try await backend.pinAccount(call.parameter("name"), isSure: isSure)))
    }
    on("POST", "/v1/accounts/{name}/limits", takesBody: true) { call throws(ControlFailure) in
      let limits = try RequestDecoding.limits(call.request.body)
      return .whole(ControlAPI.json(try await backend.limitAccount(call.parameter("name"), to: limits)))
    }
    on("GET", "/v1/accounts/{name}/catalog", query: ["part", "where"]) { call throws(ControlFailure) in
      let selection = try CatalogSelection(part: call.request.query("part"), where: call.request.query("where"))
      return .whole(ControlAPI.json(selection.applied(to: try await backend.catalog(call.parameter("name")))))
    }
    on("DELETE", "/v1/accounts/{name}") { call throws(ControlFailure) in
      try await backend.removeAccount(call.parameter("name"))
      return .whole(HTTPResponse(status: 204))
    }
  }
}
