import Control
import ControlFixture
import HTTP
import Testing

@Suite struct FindingRouteTests {
  private let id = FakeBackend.finding.id

  @Test func `a sweep ends nothing unless that is asked for`() async throws {
    let scene = Scene()
    let plan = await scene.send("POST", "/v1/accounts/prod/sweep")
    #expect(plan.status == 200)
    #expect(try plan.view(SweepView.self).ends.map(\.rule) == ["attempt_known"])
    #expect(await scene.send("POST", "/v1/accounts/prod/sweep?apply=true").status == 200)
    #expect(await scene.send("POST", "/v1/accounts/prod/sweep?apply=yes").status == 400)
    #expect(scene.backend.calls == ["sweep prod", "sweep prod applying"])
  }

  @Test func `findings are filtered by account, kind and status, and a kind that there is not is refused`() async throws
  {
    let scene = Scene()
    let reply = await scene.send("GET", "/v1/findings?account=prod&kind=orphan&status=open")
    #expect(try reply.view(ListView<CloudFindingView>.self).items == [FakeBackend.finding])
    #expect(scene.backend.calls == ["findings prod orphan open"])
    let refused = await scene.send("GET", "/v1/findings?kind=orphans")
    #expect(refused.status == 400 && refused.failure?.expected?.contains("orphan, late") == true)
  }

  @Test func `a finding is shown, dismissed and adopted by its id in any case; a resource is released`() async throws {
    let scene = Scene()
    #expect(await scene.send("GET", "/v1/findings/\(id.lowercased())").status == 200)
    #expect(await scene.send("GET", "/v1/findings/01J00000000000000000000001").status == 404)
    #expect(await scene.send("POST", "/v1/findings/\(id)/dismiss").status == 200)
    #expect(await scene.send("POST", "/v1/findings/\(id)/adopt?tenant=alice").status == 202)
    #expect(await scene.send("POST", "/v1/resources/\(Sample.id)/release").status == 202)
    #expect(scene.backend.calls.suffix(3) == ["dismiss \(id)", "adopt \(id) for alice", "release \(Sample.id)"])
  }

  @Test func `an epoch that nobody confirmed says so`() async throws {
    let scene = Scene()
    #expect(try await scene.send("GET", "/v1/epoch").view(EpochView.self).confirmedAt == nil)
    #expect(try await scene.send("POST", "/v1/epoch/confirm").view(EpochView.self).confirmedAt != nil)
  }
}
