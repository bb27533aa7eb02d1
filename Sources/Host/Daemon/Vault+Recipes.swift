package import Crypto
package import Model

// Secret inputs of recipes.
extension Vault {
  /// Seals an input's value for one use; it opens for that use of that script alone.
  package func seal(_ value: String, input: String, of use: RecipeUse) throws -> Model.SealedSecret {
    let box = try seal.seal(SecretBytes(copying: Array(value.utf8)), record: Self.record(use), field: input)
    return Model.SealedSecret(name: input, box: Base64.encode(box))
  }

  /// Opens the sealed values of a use, by input name.
  package func secrets(of use: RecipeUse) throws -> [String: SecretBytes] {
    var result: [String: SecretBytes] = [:]
    for sealed in use.sealed {
      guard let box = Base64.decode(sealed.box) else { throw VaultError.damaged("recipe \(use.reference)") }
      result[sealed.name] = try seal.open(box, record: Self.record(use), field: sealed.name)
    }
    return result
  }

  /// A digest that only this installation can compute: of requests that hold a secret which could be guessed.
  package func digest(of body: [UInt8]) throws -> String {
    // Ed25519 signatures are deterministic (RFC 8032, 5.1.6), so that the same body gives the same digest.
    SHA256.hex(try sign(Array("slipway request\n".utf8) + body))
  }

  private static func record(_ use: RecipeUse) -> String { "recipe-use/\(use.id)/\(use.sha256)" }
}
