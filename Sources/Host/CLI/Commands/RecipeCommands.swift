import Control
import Model

// Recipes on the command line.
extension Session {
  func recipeAdd() async throws(CommandFailure) -> ExitCode {
    let new: NewRecipe
    if let name = line.option("template") {
      guard line.operand("FILE").isEmpty else {
        throw .usage("--template and FILE contradict each other", remedy: "give one of them")
      }
      new = try named(RecipeTemplate.find(name).body)
    } else {
      guard !line.operand("FILE").isEmpty else {
        throw .usage(
          "slipway recipe add needs FILE, or --template", remedy: "slipway recipe add \(line.operand("NAME")) FILE")
      }
      new = try named(
        InputFile.read(line.operand("FILE"), what: "recipe file", limit: RecipeLimits.bodyBytes + 1))
    }
    let answer = try await client.exchange(
      "POST", "/v1/recipes", body: ControlCoding.encode(new), timeout: .seconds(90), as: RecipeAddedView.self)
    show(answer) { RecipeText.added($0, colours: console.colours) }
    return .ok
  }

  private func named(_ bytes: [UInt8]) throws(CommandFailure) -> NewRecipe {
    var new = NewRecipe(name: line.operand("NAME"), body: RecipeBody(bytes))
    new.description = line.option("description")
    new.author = line.option("author")
    new.notes = line.option("notes")
    new.timeoutS = try seconds("timeout")
    if line.has("idempotent") { new.idempotent = true }
    return new
  }

  func recipeList() async throws(CommandFailure) -> ExitCode {
    let query = ControlTarget.query([("search", line.option("search"))])
    let answer = try await client.get("/v1/recipes\(query)", as: ListView<RecipeView>.self)
    show(answer) { RecipeText.list($0.items, colours: console.colours) }
    return .ok
  }

  func recipeShow() async throws(CommandFailure) -> ExitCode {
    let name = try recipeName("RECIPE")
    let answer = try await client.get(Self.path(of: name), as: RecipeVersionView.self)
    if line.has("script") {
      console.out(answer.view.body ?? answer.view.bodyBase64 ?? "")
      return .ok
    }
    guard !isJSON else {
      show(answer) { _ in "" }
      return .ok
    }
    let recipe = try await client.get(Self.path("recipes", name.recipe), as: RecipeView.self)
    console.out(RecipeText.show(recipe.view, answer.view, colours: console.colours))
    return .ok
  }

  func recipeVersions() async throws(CommandFailure) -> ExitCode {
    let name = try recipeName("RECIPE")
    let answer = try await client.get(
      Self.path("recipes", name.recipe, "/versions"), as: ListView<RecipeVersionView>.self)
    show(answer) { RecipeText.versions($0.items, colours: console.colours) }
    return .ok
  }

  func recipeDiff() async throws(CommandFailure) -> ExitCode {
    let from = try recipeName("FROM")
    let to = try recipeName("TO")
    let query = ControlTarget.query([("to", to.description)])
    let answer = try await client.get("\(Self.path(of: from))/diff\(query)", as: RecipeDiffView.self)
    show(answer) { RecipeText.diff($0, colours: console.colours) }
    return .ok
  }

  func recipeFork() async throws(CommandFailure) -> ExitCode {
    let source = try recipeName("RECIPE")
    var body: [String: JSON] = ["name": .string(line.operand("NAME"))]
    if let version = source.version { body["version"] = .integer(Int64(version)) }
    if let author = line.option("author") { body["author"] = .string(author) }
    let answer = try await client.exchange(
      "POST", Self.path("recipes", source.recipe, "/fork"), body: ControlCoding.encode(JSON.object(body)),
      as: RecipeView.self)
    show(answer) { RecipeText.list([$0], colours: console.colours) }
    return .ok
  }

  func recipeRate() async throws(CommandFailure) -> ExitCode {
    let name = try recipeName("RECIPE")
    guard let version = name.version else {
      throw .usage(
        "a rating is of one version", expected: "NAME@VERSION", found: name.recipe,
        remedy: "`slipway recipe versions \(name.recipe)` lists them")
    }
    guard let stars = Int(line.operand("STARS")), (1...5).contains(stars) else {
      throw .usage("STARS is no rating", expected: "1 to 5", found: Secrecy.shown(line.operand("STARS")))
    }
    let rating = NewRating(
      recipe: name.recipe, version: version, tenant: line.option("tenant") ?? "", stars: stars,
      comment: line.option("comment") ?? "")
    let answer = try await client.exchange(
      "POST", Self.path("recipes", name.recipe, "/ratings"), body: ControlCoding.encode(rating), as: RecipeView.self)
    show(answer) { RecipeText.list([$0], colours: console.colours) }
    return .ok
  }

  func recipeRemove() async throws(CommandFailure) -> ExitCode {
    _ = try await client.send("DELETE", Self.path("recipes", line.operand("NAME")))
    say("recipe \(Plain.text(line.operand("NAME"))) removed, with its versions and ratings")
    return .ok
  }

  func resourceUpgrade() async throws(CommandFailure) -> ExitCode {
    var version: Int?
    if let text = line.option("recipe-version"), text != "latest" {
      guard let number = Int(text), (1...RecipeLimits.versions).contains(number) else {
        throw .usage(
          "--recipe-version is no version", expected: "a number from 1, or latest", found: Secrecy.shown(text))
      }
      version = number
    }
    let body = RecipeUpgrade(recipeVersion: version, inputs: try givenInputs())
    return try await act(
      "POST", "/v1/resources/\(try await resourceID())/upgrade", body: ControlCoding.encode(body))
  }

  func recipeName(_ operand: String) throws(CommandFailure) -> RecipeName {
    do throws(ControlFailure) { return try RecipeName(line.operand(operand), at: operand) } catch {
      throw CommandFailure(error)
    }
  }

  private static func path(of name: RecipeName) -> String {
    path("recipes", name.recipe, "/versions/\(name.version.map { "\($0)" } ?? "latest")")
  }

  /// What --input and --input-file say. A file's one trailing line feed is an editor's, and left out.
  func givenInputs() throws(CommandFailure) -> GivenInputs {
    var inputs = GivenInputs()
    for word in line.all("input") {
      let (name, value) = try Self.pair(word, "--input", "NAME=VALUE")
      guard !Secrecy.namesSecret(name) else {
        throw .usage(
          "--input \(Secrecy.shown(name)) seems to be a secret, which is never taken from the command line: other users "
            + "see it in the process list, and the shell keeps it in its history",
          remedy: "give it by --input-file \(Secrecy.shown(name))=FILE; then replace the one that you typed")
      }
      inputs.plain[name] = value
    }
    for word in line.all("input-file") {
      let (name, path) = try Self.pair(word, "--input-file", "NAME=FILE")
      let bytes = try InputFile.read(path, what: "input file", limit: RecipeLimits.valueBytes + 1)
      guard var text = String(validating: bytes, as: UTF8.self) else {
        throw .usage("the file of input \(Secrecy.shown(name)) is not UTF-8", expected: "text", found: "other bytes")
      }
      if text.hasSuffix("\n") { text.removeLast() }
      inputs.secret[name] = Credential(text)
    }
    return inputs
  }

  private static func pair(_ word: String, _ option: String, _ form: String) throws(CommandFailure) -> (String, String)
  {
    guard let equals = word.firstIndex(of: "="), equals != word.startIndex else {
      throw .usage("\(option) is not complete", expected: form, found: Secrecy.shown(word))
    }
    return (String(word[..<equals]), String(word[word.index(after: equals)...]))
  }
}
