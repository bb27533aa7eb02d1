public import PluginKit
public import PluginMessages

extension DockerProvisioner {
  /// Sees to it that the engine has the image: one request when it does, a pull when not.
  public func prepare(_ request: PrepareRequest, _ call: Call) throws(CloudFailure) -> PrepareReply {
    // The host also prepares an account that has no offering yet; an engine needs nothing for that.
    guard !request.placement.image.isEmpty else { return PrepareReply() }
    try engine(request.account, call).ensure(try ImageReference(offered: request.placement.image))
    return PrepareReply()
  }
}

extension ImageReference {
  /// Reads the image of a placement; throws INVALID_SPEC.
  init(offered text: String) throws(CloudFailure) {
    do {
      self = try ImageReference(text)
    } catch {
      throw CloudFailure(
        .invalidSpec, error.message, remedy: "correct the offering's image", mayExist: false,
        violations: [Violation(path: "placement.image", message: error.message)])
    }
  }
}
