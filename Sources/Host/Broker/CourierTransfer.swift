import CCurl
import Crypto
import Glibc
import Synchronization

/// One attempt, from the handle's making to its verdict. Lives on its own thread; only `cancel` comes from others.
final class CourierTransfer: Sendable {
  /// What is being sent.
  enum Load: Sendable {
    case post(WebhookPost)
    case mail(MailMessage, MailServer)
  }

  /// Most bytes of an answer that are read, and thrown away.
  private static let answerLimit = 64 << 10

  private struct Progress {
    var refusal: String?
    var received = 0
    var sent = 0
  }

  private let load: Load
  private let timeoutMs: Int
  private let isCancelled = Atomic<Bool>(false)
  // Read and written by callbacks on the transfer's own thread: the lock is never waited for.
  private let progress = Mutex(Progress())

  init(_ load: Load, timeoutMs: Int) {
    self.load = load
    self.timeoutMs = timeoutMs
  }

  /// Ends the transfer soon. Any thread.
  func cancel() { isCancelled.store(true, ordering: .relaxed) }

  /// Makes the attempt. Blocks, at most about the timeout.
  func run() -> CourierResult {
    guard let easy = curl_easy_init() else { return .again("no memory for a connection") }
    defer { curl_easy_cleanup(easy) }
    var list: UnsafeMutablePointer<curl_slist>?
    defer { curl_slist_free_all(list) }
    let body: [UInt8]
    switch load {
    case .post(let post): body = post.body
    case .mail(let mail, _): body = mail.bytes
    }
    let code: CURLcode? = body.withUnsafeBytes { bytes in
      var isAccepted = common(easy)
      switch load {
      case .post(let post): isAccepted = isAccepted && prepare(post, bytes, easy, &list)
      case .mail(let mail, let server): isAccepted = isAccepted && prepare(mail, server, easy, &list)
      }
      return isAccepted ? curl_easy_perform(easy) : nil
    }
    guard let code else { return .never("libcurl does not accept an option of the transfer") }
    return verdict(code, easy)
  }

  private func verdict(_ code: CURLcode, _ easy: UnsafeMutableRawPointer) -> CourierResult {
    let state = progress.withLock { $0 }
    if isCancelled.load(ordering: .relaxed) { return .again("the attempt was cancelled") }
    if let refusal = state.refusal { return .never(refusal) }
    let status = slipway_curl_info_long(easy, CURLINFO_RESPONSE_CODE)
    let detail = String(cString: curl_easy_strerror(code))
    switch load {
    case .post:
      let hasAnswer = code == CURLE_OK || (code == CURLE_WRITE_ERROR && state.received > Self.answerLimit)
      return hasAnswer ? CourierVerdict.webhook(status: status) : .again(detail)
    case .mail: return code == CURLE_OK ? .delivered : CourierVerdict.mail(reply: status, detail: detail)
    }
  }

  private func common(_ easy: UnsafeMutableRawPointer) -> Bool {
    // Unretained: `run` holds self for as long as the handle lives.
    let context = Unmanaged.passUnretained(self).toOpaque()
    let numbers: [(CURLoption, Int)] = [
      (CURLOPT_NOSIGNAL, 1), (CURLOPT_FOLLOWLOCATION, 0), (CURLOPT_NETRC, 0), (CURLOPT_SSL_VERIFYPEER, 1),
      (CURLOPT_SSL_VERIFYHOST, 2), (CURLOPT_NOPROGRESS, 0), (CURLOPT_TIMEOUT_MS, timeoutMs),
      (CURLOPT_CONNECTTIMEOUT_MS, min(timeoutMs, 20_000)),
    ]
    return numbers.allSatisfy { slipway_curl_long(easy, $0.0, $0.1) == CURLE_OK }
      && slipway_curl_tls_at_least_1_2(easy) == CURLE_OK && slipway_curl_text(easy, CURLOPT_PROXY, "") == CURLE_OK
      && slipway_curl_on_socket(easy, Self.socket, context) == CURLE_OK
      && slipway_curl_on_body(easy, Self.answer, context) == CURLE_OK
      && slipway_curl_on_read(easy, Self.read, context) == CURLE_OK
      && slipway_curl_on_progress(easy, Self.goOn, context) == CURLE_OK
  }

  private func address(_ url: String, _ scheme: String, _ caFile: String?, _ easy: UnsafeMutableRawPointer) -> Bool {
    var isAccepted =
      slipway_curl_text(easy, CURLOPT_URL, url) == CURLE_OK
      && slipway_curl_text(easy, CURLOPT_PROTOCOLS_STR, scheme) == CURLE_OK
      && slipway_curl_long(easy, CURLOPT_PATH_AS_IS, 1) == CURLE_OK
    if let caFile {
      isAccepted =
        isAccepted && slipway_curl_text(easy, CURLOPT_CAINFO, caFile) == CURLE_OK
        && slipway_curl_text(easy, CURLOPT_CAPATH, nil) == CURLE_OK
    }
    return isAccepted
  }

  private func prepare(
    _ post: WebhookPost, _ body: UnsafeRawBufferPointer, _ easy: UnsafeMutableRawPointer,
    _ list: inout UnsafeMutablePointer<curl_slist>?
  ) -> Bool {
    for line in post.headerLines {
      guard let longer = curl_slist_append(list, line) else { return false }
      list = longer
    }
    let query = post.query.isEmpty ? "" : "?\(post.query)"
    let url = "\(post.base.origin)\(post.path)\(query)"
    return address(url, post.base.origin.scheme.rawValue, post.caFile, easy)
      && slipway_curl_long(easy, CURLOPT_POST, 1) == CURLE_OK
      && slipway_curl_post_size(easy, curl_off_t(body.count)) == CURLE_OK
      && slipway_curl_pointer(
        easy, CURLOPT_POSTFIELDS, UnsafeMutableRawPointer(mutating: body.baseAddress)) == CURLE_OK
      && slipway_curl_headers(easy, list) == CURLE_OK && slipway_curl_http_version(easy, 1) == CURLE_OK
  }

  private func prepare(
    _ mail: MailMessage, _ server: MailServer, _ easy: UnsafeMutableRawPointer,
    _ list: inout UnsafeMutablePointer<curl_slist>?
  ) -> Bool {
    guard let recipients = curl_slist_append(nil, "<\(mail.to)>") else { return false }
    list = recipients
    let scheme = server.isImplicitTLS ? "smtps" : "smtp"
    let security = server.mayBePlain ? CURLUSESSL_TRY : CURLUSESSL_ALL
    var isAccepted =
      address("\(scheme)://\(server.origin.host):\(server.origin.port)", scheme, server.caFile, easy)
      && slipway_curl_long(easy, CURLOPT_USE_SSL, Int(security.rawValue)) == CURLE_OK
      && slipway_curl_text(easy, CURLOPT_MAIL_FROM, "<\(mail.from)>") == CURLE_OK
      && slipway_curl_recipients(easy, list) == CURLE_OK && slipway_curl_long(easy, CURLOPT_UPLOAD, 1) == CURLE_OK
      && slipway_curl_upload_size(easy, curl_off_t(mail.bytes.count)) == CURLE_OK
    if let user = server.user, let password = server.password {
      var text = password.copy() + [0]
      defer { text.wipe() }
      isAccepted =
        isAccepted && slipway_curl_text(easy, CURLOPT_USERNAME, user) == CURLE_OK
        && text.withUnsafeBytes {
          slipway_curl_text(easy, CURLOPT_PASSWORD, $0.bindMemory(to: CChar.self).baseAddress)
        } == CURLE_OK
    }
    return isAccepted
  }

  private func allows(_ address: AddressRules.Address) -> Bool {
    guard case .post(let post) = load else { return true }
    let refusal = CourierRules.webhookRefusal(
      address, scheme: post.base.origin.scheme, allowPrivate: post.allowPrivate)
    guard let refusal else { return true }
    progress.withLock { $0.refusal = refusal }
    return false
  }

  private func take(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    guard case .mail(let mail, _) = load else { return 0 }
    return progress.withLock { state in
      let piece = mail.bytes.dropFirst(state.sent).prefix(buffer.count)
      buffer.copyBytes(from: piece)
      state.sent += piece.count
      return piece.count
    }
  }

  private static func transfer(_ context: UnsafeMutableRawPointer) -> CourierTransfer {
    Unmanaged<CourierTransfer>.fromOpaque(context).takeUnretainedValue()
  }

  private static let socket: curl_opensocket_callback = { context, _, address in
    guard let context, let address, transfer(context).allows(CurlCallbacks.address(address)) else {
      return curl_socket_t(-1)
    }
    let type = address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
    return Glibc.socket(address.pointee.family, type, address.pointee.protocol)
  }

  private static let answer: curl_write_callback = { _, size, count, context in
    guard let context else { return 0 }
    return transfer(context).progress.withLock { state in
      state.received += size * count
      return state.received > answerLimit ? 0 : size * count
    }
  }

  private static let read: curl_read_callback = { buffer, size, count, context in
    guard let context, let buffer else { return 0 }
    return transfer(context).take(into: UnsafeMutableRawBufferPointer(start: buffer, count: size * count))
  }

  private static let goOn: curl_xferinfo_callback = { context, _, _, _, _ in
    guard let context else { return 1 }
    return transfer(context).isCancelled.load(ordering: .relaxed) ? 1 : 0
  }
}
