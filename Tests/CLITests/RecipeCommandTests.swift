import CLI
import Control
import ControlFixture
import Core
import Foundation
import Model
import System
import Testing

@Suite struct RecipeCommandTests {
  @Test func `each command asks for what was typed and shows the answer`() async throws {
    let stage = try SessionTests.Stage()
    let file = stage.folder.path + "/web.sh"
    try "#!/bin/sh\nset -e\n".write(toFile: file, atomically: true, encoding: .utf8)
    let secret = stage.folder.path + "/secret"
    try "hunter2\n".write(toFile: secret, atomically: true, encoding: .utf8)
    let added = try await stage.run("recipe", "add", "web", file, "--idempotent")
    #expect(added.exit == .ok && added.text.contains("web@2 added"))
    #expect(added.text.contains("web:1: warning: a failure goes on [no_errexit]\n    put `set -eu` there"))
    #expect(try await stage.run("recipe", "list", "--search", "server").text.contains("4.5 of 5 (2)"))
    let shown = try await stage.run("recipe", "show", "web@2").text
    #expect(shown.contains("PORT") && shown.contains("required secret") && shown.contains("where it listens"))
    #expect(try await stage.run("recipe", "show", "web", "--script").text == "#!/bin/sh\n")
    #expect(try await stage.run("recipe", "diff", "web@1", "web@2").text.contains("@@ -0,0 +1 @@\n+x\n"))
    _ = try await stage.run("recipe", "fork", "web@2", "mine", "--author", "joe")
    _ = try await stage.run("recipe", "rate", "web@2", "4", "--tenant", "joe")
    _ = try await stage.run("offering", "list", "--has-recipe", "true")
    _ = try await stage.run("recipe", "remove", "web")
    _ = try await stage.run(
      "resource", "upgrade", Sample.id, "--recipe-version", "3", "--input", "PORT=81", "--input-file",
      "PASSWORD=\(secret)", "--no-wait")
    #expect(
      stage.backend.calls.filter { $0 != "recipe web" } == [
        "add recipe web of 17 bytes", "recipes server", "version web@2", "version web", "diff web@1 web@2",
        "fork web@2 to mine by joe", "rate web@2 4 by joe: ", "offerings true", "remove recipe web",
        "upgrade \(Sample.id) to 3 [\"PASSWORD=?\", \"PORT=81\"]",
      ])
    await stage.end()
  }

  @Test(arguments: [
    (
      ["resource", "upgrade", Sample.id, "--recipe-version", "3", "--input", "PASSWORD=hunter2"],
      "never taken from the command line"
    ),
    (["recipe", "rate", "web", "4", "--tenant", "joe"], "a rating is of one version"),
    (["recipe", "rate", "web@1", "9", "--tenant", "joe"], "STARS is no rating"),
    (["recipe", "add", "web"], "needs FILE, or --template"),
    (["recipe", "add", "web", "--template", "postgres"], "there is no template"),
    (["recipe", "diff", "web@0", "web"], "names no version"),
    (["offering", "add", "a", "--placement", "p/t/l", "--image", "i", "--input", "A=1"], "--input needs --recipe"),
  ])
  func `a mistake is told before anything is asked`(words: [String], message: String) async throws {
    let stage = try SessionTests.Stage()
    do {
      _ = try await stage.run(words: words)
      #expect(Bool(false))
    } catch let failure as CommandFailure {
      #expect(failure.failure.message.contains(message) && failure.exit == .usage, "\(failure)")
      #expect(!"\(failure)".contains("hunter2"))
    }
    #expect(stage.backend.calls.isEmpty)
    await stage.end()
  }

  @Test func `every template is described, may be run again, and passes the lint without a word`() {
    #expect(
      RecipeTemplate.all.map(\.name)
        == ["caddy", "docker", "docker-compose", "nodejs", "podman", "postgresql", "wireguard"])
    for template in RecipeTemplate.all {
      let header = RecipeHeader(template.body)
      #expect(!template.description.isEmpty && header.idempotent == true && header.timeoutMs != nil, "\(template.name)")
      #expect(RecipeLint.findings(template.body) == [], "\(template.name)")
    }
  }

  @Test func `recipe lint needs no daemon, and its exit code says whether there are errors`() async throws {
    let folder = try Folder()
    let file = folder.path + "/bad.sh"
    try "#!/bin/sh\nset -e\nrm -rf /\n".write(toFile: file, atomically: true, encoding: .utf8)
    let bad = try await Tool.run(Tool.slipway, ["recipe", "lint", file])
    #expect(bad.status == .exited(6) && bad.text.contains("bad.sh:3: error: rm removes /"), "\(bad.text)")
    let json = try await Tool.run(Tool.slipway, ["recipe", "lint", file, "--json"])
    #expect(json.text.contains("\"code\" : \"rm_root\"") && json.text.contains("\"line\" : 3"), "\(json.text)")
    try "#!/bin/sh\nset -e\necho fine\n".write(toFile: file, atomically: true, encoding: .utf8)
    #expect(try await Tool.run(Tool.slipway, ["recipe", "lint", file]).status == .exited(0))
    #expect(try await Tool.run(Tool.slipway, ["recipe", "lint", file + ".gone"]).status == .exited(2))
    let template = try await Tool.run(Tool.slipway, ["recipe", "templates", "postgresql"])
    #expect(template.text.hasPrefix("#!/bin/sh\n# slipway-description: PostgreSQL"))
  }
}
