import Control

extension Session {
  func offeringAdd() async throws(CommandFailure) -> ExitCode {
    let offering = try line.has("file") ? offeringFromFile() : offeringFromOptions()
    let answer = try await client.exchange(
      "POST", "/v1/offerings", body: ControlCoding.encode(offering), as: OfferingView.self)
    show(answer) { OfferingText.show($0, colours: console.colours) }
    return .ok
  }

  private func offeringFromFile() throws(CommandFailure) -> NewOffering {
    let others = [
      "notify-webhook", "notify-secret-file", "notify-email",
      "placement", "image", "readiness", "provision-deadline", "set", "recipe", "input", "input-file",
      "on-failure", "keep-for", "remove-access",
    ]
    .filter(line.has)
    guard others.isEmpty else {
      throw .usage("--file already says everything", found: "also --\(others[0])", remedy: "put it into the file")
    }
    let bytes = try InputFile.read(line.option("file") ?? "-", what: "offering file", limit: 1 << 20)
    let name = line.operand("NAME")
    do throws(ControlFailure) {
      return try RequestDecoding.offering(bytes, named: name.isEmpty ? nil : name)
    } catch {
      throw CommandFailure(error)
    }
  }

  private func offeringFromOptions() throws(CommandFailure) -> NewOffering {
    let placements = line.all("placement")
    guard !line.operand("NAME").isEmpty, !placements.isEmpty, let image = line.option("image") else {
      throw .usage(
        "slipway offering add needs a name, --placement and --image, or --file",
        remedy: "slipway offering add small --placement prod/s1/north --image debian-12")
    }
    var views: [PlacementView] = []
    for word in placements {
      let parts = word.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 3, !parts.contains("") else {
        throw .usage("--placement is not complete", expected: "ACCOUNT/TYPE/LOCATION", found: Secrecy.shown(word))
      }
      views.append(PlacementView(account: parts[0], type: parts[1], location: parts[2], image: image))
    }
    var recipe: OfferingRecipe?
    let inputs = try givenInputs()
    if let name = line.option("recipe") {
      do throws(ControlFailure) { recipe = OfferingRecipe(try RecipeName(name, at: "--recipe"), inputs: inputs) } catch
      {
        throw CommandFailure(error)
      }
    } else if !inputs.isEmpty {
      throw .usage("--input needs --recipe", remedy: "name the recipe that takes it")
    }
    var new = NewOffering(
      name: line.operand("NAME"), placements: views, config: try Settings.object(line.all("set")),
      readiness: line.option("readiness") ?? (recipe == nil ? "ssh" : "recipe"),
      provisionDeadlineS: try seconds("provision-deadline"), recipe: recipe, onFailure: line.option("on-failure"),
      keepForS: try seconds("keep-for"), removesAccess: line.has("remove-access") ? true : nil)
    new.notify = try notifyFromOptions()
    return new
  }

  /// Whom --notify-webhook and --notify-email name; nil: nobody.
  private func notifyFromOptions() throws(CommandFailure) -> NewNotify? {
    guard ["notify-webhook", "notify-secret-file", "notify-email"].contains(where: line.has) else { return nil }
    var secret: String?
    if let file = line.option("notify-secret-file") {
      let bytes = try InputFile.read(file, what: "file with the webhook's secret", limit: 2_048)
      var text = String(decoding: bytes, as: UTF8.self)
      while let last = text.last, last.isWhitespace { text.removeLast() }
      secret = text
    }
    do throws(ControlFailure) {
      return try RequestDecoding.notify(
        webhook: line.option("notify-webhook"), secret: secret, email: line.option("notify-email"))
    } catch {
      throw CommandFailure(error)
    }
  }

  /// The seconds of an option with a time.
  func seconds(_ option: String) throws(CommandFailure) -> Int? {
    guard let text = line.option(option) else { return nil }
    guard let seconds = TimeSpan.seconds(text) else {
      throw .usage(
        "--\(option) is not a time", expected: "such as 90s, 15m, 2h or 7d", found: Secrecy.shown(text))
    }
    return seconds
  }

  func offeringList() async throws(CommandFailure) -> ExitCode {
    let query = ControlTarget.query([("has_recipe", line.option("has-recipe"))])
    let answer = try await client.get("/v1/offerings\(query)", as: ListView<OfferingView>.self)
    show(answer) { OfferingText.list($0.items, colours: console.colours) }
    return .ok
  }

  func offeringShow() async throws(CommandFailure) -> ExitCode {
    let answer = try await client.get(Self.path("offerings", line.operand("NAME")), as: OfferingView.self)
    show(answer) { OfferingText.show($0, colours: console.colours) }
    return .ok
  }

  func offeringValidate() async throws(CommandFailure) -> ExitCode {
    let answer = try await client.exchange(
      "POST", Self.path("offerings", line.operand("NAME"), "/validate"), timeout: .seconds(180),
      as: ValidationView.self)
    show(answer) { OfferingText.validation($0, colours: console.colours) }
    guard !answer.view.holds else { return .ok }
    return answer.view.placements.compactMap(\.failure).first?.code.exit ?? .unhealthy
  }

  func offeringRemove() async throws(CommandFailure) -> ExitCode {
    _ = try await client.send("DELETE", Self.path("offerings", line.operand("NAME")))
    say("offering \(Plain.text(line.operand("NAME"))) removed; its resources stay")
    return .ok
  }
}
