import Control
import ControlFixture
import HTTP
import Model
import Testing

@Suite struct RecipeHandlerTests {
  @Test func `each route asks the daemon for what its path says`() async throws {
    let scene = Scene()
    let added = await scene.send("POST", "/v1/recipes", ##"{"name":"web","body":"#!/bin/sh\n","idempotent":true}"##)
    #expect(added.status == 201)
    #expect(await scene.send("POST", "/v1/recipes/lint", ##"{"body":"#!/bin/sh\n"}"##).status == 200)
    #expect(await scene.send("GET", "/v1/recipes?search=a%20b").status == 200)
    #expect(await scene.send("GET", "/v1/recipes/web").status == 200)
    #expect(await scene.send("GET", "/v1/recipes/web/versions/latest").status == 200)
    #expect(await scene.send("GET", "/v1/recipes/web/versions/2/diff?to=web@1").status == 200)
    #expect(await scene.send("POST", "/v1/recipes/web/fork", #"{"name":"mine","version":2}"#).status == 201)
    #expect(
      await scene.send("POST", "/v1/recipes/web/ratings", #"{"version":2,"stars":4,"tenant":"joe","comment":"ok"}"#)
        .status
        == 200)
    #expect(await scene.send("GET", "/v1/offerings?has_recipe=true").status == 200)
    #expect(await scene.send("DELETE", "/v1/recipes/web").status == 204)
    #expect(
      scene.backend.calls == [
        "add recipe web of 10 bytes", "lint 10 bytes", "recipes a b", "recipe web", "version web", "diff web@2 web@1",
        "fork web@2 to mine by -", "rate web@2 4 by joe: ok", "offerings true", "remove recipe web",
      ])
  }

  @Test func `an upgrade takes values, and shows no secret`() async throws {
    let scene = Scene()
    let id = String(repeating: "0", count: 26)
    let answer = await scene.send(
      "POST", "/v1/resources/\(id)/upgrade",
      #"{"recipe_version":3,"inputs":{"PORT":80,"TLS":true},"secret_inputs":{"PASSWORD":"hunter2"}}"#)
    #expect(answer.status == 202)
    #expect(scene.backend.calls == [#"upgrade \#(id) to 3 ["PASSWORD=?", "PORT=80", "TLS=true"]"#])
  }

  @Test(arguments: [
    ("POST", "/v1/recipes", #"{"name":"web"}"#, "body is required"),
    ("POST", "/v1/recipes", #"{"name":"web","body":"a","body_base64":"YQ=="}"#, "body is required"),
    ("POST", "/v1/recipes", #"{"name":"web","body_base64":"Y"}"#, "body_base64 is no base 64"),
    ("POST", "/v1/recipes", #"{"name":"Web","body":"a"}"#, "name is not a name"),
    ("POST", "/v1/recipes", #"{"name":"web","body":"a","timeout_s":0}"#, "timeout_s is out of range"),
    (
      "POST", "/v1/recipes", #"{"name":"web","body":"a","inputs":[{"name":"A","kind":"float"}]}"#,
      "inputs[0].kind is not known"
    ),
    ("POST", "/v1/recipes/web/ratings", #"{"version":1,"stars":6,"tenant":"joe"}"#, "stars is out of range"),
    ("POST", "/v1/recipes/web/ratings", #"{"version":1,"stars":5}"#, "tenant is required"),
    ("GET", "/v1/recipes/web/versions/0", "", "path names no version"),
    ("GET", "/v1/recipes/web/versions/1/diff", "", "query member to is required"),
    ("GET", "/v1/offerings?has_recipe=maybe", "", "query member has_recipe is not a truth value"),
    (
      "POST", "/v1/offerings",
      #"{"name":"a","readiness":"recipe","placements":[{"account":"p","type":"t","location":"l","image":"i"}]}"#,
      "readiness is recipe, but there is none"
    ),
    (
      "POST", "/v1/offerings",
      #"{"name":"a","readiness":"ssh","recipe":{"name":"web"},"placements":[{"account":"p","type":"t","location":"l","image":"i"}]}"#,
      "readiness is ssh, but there is a recipe"
    ),
  ])
  func `a request that makes no sense is refused by name`(method: String, target: String, body: String, message: String)
    async
  {
    let scene = Scene()
    let answer = await scene.send(method, target, body)
    #expect(answer.status == 400 && answer.failure?.message == message, "\(answer.text)")
    #expect(scene.backend.calls.isEmpty)
  }

  @Test func `a request that is encoded is read as it was`() throws {
    let new = NewRecipe(
      name: "web", body: .init([0x23, 0xFF]), description: "d", inputs: [RecipeInputView(name: "A", default: "b")],
      timeoutS: 60)
    #expect(try RequestDecoding.recipe(ControlCoding.encode(new)) == new)
    let offering = NewOffering(
      name: "o", placements: [PlacementView(account: "p", type: "t", location: "l", image: "i")], readiness: "recipe",
      recipe: OfferingRecipe(
        RecipeName("web", 2), inputs: GivenInputs(plain: ["DB_NAME": "x"], secret: ["PASSWORD": Credential("y")])))
    #expect(try RequestDecoding.offering(ControlCoding.encode(offering)) == offering)
    let resource = NewResource(offering: "o", inputs: GivenInputs(plain: ["DB_NAME": "x"]))
    #expect(try RequestDecoding.resource(ControlCoding.encode(resource)) == resource)
    // A request without inputs is, byte for byte, that of earlier versions, so that old keys stay good.
    #expect(
      String(decoding: ControlCoding.encode(NewResource(offering: "o")), as: UTF8.self)
        == #"{"offering":"o","ssh_keys":[],"tenant":""}"#)
  }
}
