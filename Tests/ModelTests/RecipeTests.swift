import Foundation
import Model
import Testing

@Test func `A script of any bytes comes back from its record as it was`() throws {
  var random = Randomness(seed: 7)
  for count in 0..<200 {
    let body = RecipeBody((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
    let written = try JSONEncoder().encode([body])
    #expect(try JSONDecoder().decode([RecipeBody].self, from: written) == [body])
    // The same form as everyone else's base 64.
    let text = try #require(try JSONDecoder().decode([String].self, from: written).first)
    #expect(text == Data(body.bytes).base64EncodedString())
  }
}

@Test(arguments: ["YQ", "YQ=", "Y===", "Y=Q=", "Y Q=", "YQ==YQ==", "é==="])
func `What is no base 64 is no script`(text: String) throws {
  let written = try JSONEncoder().encode([text])
  #expect(throws: DecodingError.self) { try JSONDecoder().decode([RecipeBody].self, from: written) }
}
