import Broker
import Testing

@Suite struct LiteralTests {
  private func refusal(_ url: String) throws -> String? {
    try ApprovedEndpoint(baseURL: url, auth: .bearer, operatorSet: true).refusalOfLiteral
  }

  @Test(arguments: [
    "http://10.0.0.5/v1", "http://192.168.1.1:8080", "http://[fd00::1]/", "http://169.254.169.254", "http://8.8.8.8",
    "http://[::ffff:10.0.0.5]",
  ])
  func `plain http to an address of another machine is refused before it is used`(url: String) throws {
    #expect(try refusal(url) == "plain http is allowed only to loopback")
  }

  @Test(arguments: [
    "http://127.0.0.1:8080/v1", "http://[::1]:8080", "http://localhost:8080", "https://10.0.0.5/v1",
    "https://api.example.com/v1", "http://api.example.com/v1",
  ])
  func `loopback, https and names are left to the moment of use`(url: String) throws {
    #expect(try refusal(url) == nil)
  }

  @Test func `reserved addresses are refused whatever the scheme`() throws {
    #expect(try refusal("https://0.0.0.0")?.contains("reserved") == true)
    #expect(try refusal("https://192.0.2.7")?.contains("reserved") == true)
  }
}
