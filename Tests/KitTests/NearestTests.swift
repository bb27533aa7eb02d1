import PluginKit
import Testing

@Suite struct NearestTests {
  @Test func `The likeliest name comes first`() {
    #expect(Nearest.to("cx21", among: ["cpx11", "cx22", "cax11", "cx22"], limit: 2) == ["cx22", "cax11"])
    #expect(Nearest.to("FSN1", among: ["nbg1", "fsn1"]) == ["fsn1", "nbg1"])
    #expect(Nearest.to("", among: [String]()).isEmpty)
  }

  @Test func `Queries and segments are percent-encoded`() {
    #expect(PercentEncoding.query(["a b": "c=d&e", "ü": "/"]) == "a%20b=c%3Dd%26e&%C3%BC=%2F")
  }
}
