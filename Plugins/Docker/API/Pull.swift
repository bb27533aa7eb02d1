import PluginKit
import PluginMessages

extension DockerAPI {
  /// Whether the engine has the image.
  func image(_ reference: ImageReference) throws(CloudFailure) -> LocalImage? {
    try find("/images/\(reference.text)/json", as: LocalImage.self)
  }

  /// Sees to it that the engine has the image: pulls it when it is missing, with progress.
  ///
  /// Throws INVALID_SPEC where no registry has it, else UNAVAILABLE or RATE_LIMITED; no container exists because of it.
  func ensure(_ reference: ImageReference) throws(CloudFailure) {
    if try image(reference) != nil { return }
    try pull(reference)
    guard try image(reference) == nil else { return }
    throw CloudFailure(
      .unavailable, "the engine pulled \(reference.text) and does not have it", remedy: "none; the host asks again",
      mayExist: false)
  }

  private func pull(_ reference: ImageReference) throws(CloudFailure) {
    // Never without a tag or digest, which would be all tags.
    let post = CloudRequest(
      .post, "/images/create", query: ["fromImage": reference.name, "tag": reference.version],
      timeoutMs: UInt32(clamping: call.remainingMs), maxResponse: 16 << 20)
    var progress = PullProgress(reference.text)
    var problem: CloudFailure?
    do {
      try stream(post) { piece in
        progress.take(piece)
        if let news = progress.news() { call.progress(news.message, permille: news.permille) }
        return .more
      }
    } catch {
      problem = error
    }
    // An error arrives inside an answer of 200; it says more than that the stream ended.
    if let said = progress.error {
      problem = FailureTable.docker.failure(CloudError(status: 500, message: said), to: post)
      problem?.report.httpStatus = nil
      problem?.report.message = "\(reference.text) cannot be pulled: \(said)"
    }
    guard var failure = problem else { return }
    if failure.code == .notFound { failure.code = .invalidSpec }
    if failure.code == .unknownOutcome { failure.code = .unavailable }
    failure.report.mayExist = false
    throw failure
  }
}

/// Reads the lines in which the engine tells of a pull: JSON, one object a line, cut anywhere.
struct PullProgress {
  private let image: String
  private var line: [UInt8] = []
  private var layers: [String: Double] = [:]
  private var told: Int?
  /// The engine's sentence, when the pull failed.
  private(set) var error: String?

  /// Longest line that is read; a longer one is skipped.
  private static let longest = 1 << 20
  /// Progress that is worth telling, in thousandths.
  private static let step = 20

  init(_ image: String) { self.image = image }

  /// Takes the next piece of the stream.
  mutating func take(_ piece: [UInt8]) {
    for byte in piece {
      if byte == UInt8(ascii: "\n") {
        read()
      } else if line.count < Self.longest {
        line.append(byte)
      }
    }
    // The last line need not have an end.
    if line.last == UInt8(ascii: "}"), (try? JSON.decode(Line.self, line)) != nil { read() }
  }

  /// What to tell a person now; nil while nothing changed enough.
  mutating func news() -> (message: String, permille: Int)? {
    guard !layers.isEmpty else { return nil }
    let done = layers.values.reduce(0, +) / Double(layers.count)
    let permille = max(told ?? 0, Int(exactly: (done * 1_000).rounded()) ?? 0)
    if let told, permille - told < Self.step, permille < 1_000 || told == 1_000 { return nil }
    told = permille
    let whole = layers.values.filter { $0 >= 1 }.count
    return ("pulling \(image): \(whole) of \(layers.count) layers", permille)
  }

  private mutating func read() {
    defer { line = [] }
    guard let told = try? JSON.decode(Line.self, line) else { return }
    if let message = told.errorDetail?.message ?? told.error { error = error ?? message }
    guard let id = told.id, let status = told.status, layers.count < 1_000 || layers[id] != nil else { return }
    switch status {
    case "Pulling fs layer", "Waiting", "Verifying Checksum": layers[id] = layers[id] ?? 0
    case "Downloading": layers[id] = told.share * 0.7
    case "Download complete": layers[id] = max(layers[id] ?? 0, 0.7)
    case "Extracting": layers[id] = 0.7 + told.share * 0.3
    case "Pull complete", "Already exists": layers[id] = 1
    default: break
    }
  }

  private struct Line: Decodable {
    var id: String?
    var status: String?
    var error: String?
    var errorDetail: Detail?
    var progressDetail: Detail?

    struct Detail: Decodable {
      var message: String?
      var current: Double?
      var total: Double?
    }

    /// How much of the layer, 0 to 1.
    var share: Double {
      guard let current = progressDetail?.current, let total = progressDetail?.total, total > 0 else { return 0 }
      return min(max(current / total, 0), 1)
    }
  }
}
