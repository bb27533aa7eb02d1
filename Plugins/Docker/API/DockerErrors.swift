import PluginKit
import PluginMessages

extension FailureTable {
  /// The engine's errors: a status and a sentence. Sources: docker-engine API; moby errdefs; registries' own codes, which
  /// reach us inside the engine's sentences.
  static let docker = FailureTable(
    cloud: "Docker",
    rules: [
      FailureRule(
        .nameTaken, status: 409...409, text: ["is already in use", "name is reserved"],
        remedy: "remove or rename the other container"),
      FailureRule(.busy, status: 409...409, remedy: "wait; the engine is at work on the container"),
      FailureRule(
        .forbidden, text: ["authorization denied by plugin"], remedy: "check the engine's authorization plugin"),
      // About images.
      FailureRule(
        .rateLimited, text: ["toomanyrequests", "too many requests", "rate limit"],
        remedy: "wait; or pull the image on the engine's machine beforehand"),
      FailureRule(
        .invalidSpec,
        text: [
          "pull access denied", "access to the resource is denied", "no basic auth credentials",
          "authentication required", "unauthorized: ",
        ], remedy: "check the image's name; an image that needs a login has to be pulled on the engine's machine"),
      FailureRule(
        .invalidSpec,
        text: [
          "manifest unknown", "manifest for ", "no matching manifest", "repository does not exist", "name unknown",
          "name invalid", "invalid reference", "does not match the specified platform",
        ], remedy: "name an image and tag that the registry has for this engine's architecture"),
      // About making and starting.
      FailureRule(.noCapacity, text: ["no space left on device"], remedy: "make room on the engine's disk"),
      FailureRule(
        .noCapacity, status: 400...400, text: ["range of cpus is from"],
        remedy: "offer a smaller size: the engine has fewer processors than when the offering was validated"),
      FailureRule(
        .busy, text: ["port is already allocated", "address already in use"], remedy: "wait; another port is tried"),
      FailureRule(
        .invalidSpec, text: ["--storage-opt is supported only"],
        remedy: "take disk_gb out of the offering: this engine's storage driver cannot limit the disk"),
    ])
}

extension CloudError {
  /// Reads `{"message"}`; a body of another form leaves the status only.
  init(docker response: CloudResponse) {
    self.init(
      status: response.status, message: (try? JSON.decode(Body.self, response.body))?.message,
      retryAfterMs: response.retryAfterMs)
  }

  private struct Body: Decodable { var message: String? }
}
