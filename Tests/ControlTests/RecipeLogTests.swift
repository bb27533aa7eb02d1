import Control
import ControlFixture
import HTTP
import Testing

@Suite struct RecipeLogTests {
  @Test func `a log is asked for by run, stream and number`() async throws {
    let scene = Scene()
    let id = Sample.id
    let run = Sample.operation
    let reply = await scene.send("GET", "/v1/resources/\(id)/recipe-log?run=\(run)&stream=stderr&after=1")
    #expect(reply.status == 200)
    let list = try ControlCoding.decode(ListView<LogChunkView>.self, from: reply.body)
    #expect(list.items == Sample.log.filter { $0.number == 2 })
  }

  @Test(arguments: ["stream=both", "after=-1", "after=x", "follow=1", "since=3"])
  func `a query that means nothing is refused`(query: String) async throws {
    let scene = Scene()
    let reply = await scene.send("GET", "/v1/resources/\(Sample.id)/recipe-log?\(query)")
    #expect(reply.status == 400)
  }
}
