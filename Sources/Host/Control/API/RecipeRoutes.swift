import HTTP
import Model

extension ControlRoutes {
  /// Recipes.
  mutating func addRecipes() {
    let backend = backend
    on("POST", "/v1/recipes", takesBody: true) { call throws(ControlFailure) in
      let added = try await backend.addRecipe(try RequestDecoding.recipe(call.request.body))
      return .whole(ControlAPI.json(added, status: added.added ? 201 : 200))
    }
    on("POST", "/v1/recipes/lint", takesBody: true) { call throws(ControlFailure) in
      .whole(ControlAPI.json(try await backend.lintRecipe(try RequestDecoding.lint(call.request.body))))
    }
    on("GET", "/v1/recipes", query: ["search"]) { call throws(ControlFailure) in
      .whole(ControlAPI.json(ListView(items: try await backend.recipes(search: call.request.query("search")))))
    }
    on("GET", "/v1/recipes/{name}") { call throws(ControlFailure) in
      .whole(ControlAPI.json(try await backend.recipe(call.parameter("name"))))
    }
    on("GET", "/v1/recipes/{name}/versions") { call throws(ControlFailure) in
      .whole(ControlAPI.json(ListView(items: try await backend.recipeVersions(call.parameter("name")))))
    }
    on("GET", "/v1/recipes/{name}/versions/{version}") { call throws(ControlFailure) in
      let name = try call.recipe()
      return .whole(ControlAPI.json(try await backend.recipeVersion(name.recipe, name.version)))
    }
    on("GET", "/v1/recipes/{name}/versions/{version}/diff", query: ["to"]) { call throws(ControlFailure) in
      guard let to = call.request.query("to") else {
        throw Members.bad(
          "query member to", "is required", expected: "NAME or NAME@VERSION to compare with", found: "nothing")
      }
      let view = try await backend.diffRecipes(
        from: try call.recipe(), to: try RecipeName(to, at: "query member to"))
      return .whole(ControlAPI.json(view))
    }
    on("POST", "/v1/recipes/{name}/fork", takesBody: true) { call throws(ControlFailure) in
      let fork = try RequestDecoding.fork(call.request.body)
      let view = try await backend.forkRecipe(
        RecipeName(call.parameter("name"), fork.version), to: fork.name, author: fork.author)
      return .whole(ControlAPI.json(view, status: 201))
    }
    on("POST", "/v1/recipes/{name}/ratings", takesBody: true) { call throws(ControlFailure) in
      let rating = try RequestDecoding.rating(call.request.body, of: call.parameter("name"))
      return .whole(ControlAPI.json(try await backend.rateRecipe(rating)))
    }
    on("GET", "/v1/recipes/{name}/ratings") { call throws(ControlFailure) in
      .whole(ControlAPI.json(ListView(items: try await backend.recipeRatings(call.parameter("name")))))
    }
    on("DELETE", "/v1/recipes/{name}") { call throws(ControlFailure) in
      try await backend.removeRecipe(call.parameter("name"))
      return .whole(HTTPResponse(status: 204))
    }
  }
}

extension ControlRoutes.Call {
  /// The version that the path names; `latest` is one.
  fileprivate func recipe() throws(ControlFailure) -> RecipeName {
    try RecipeName("\(parameter("name"))@\(parameter("version"))", at: "path")
  }
}
