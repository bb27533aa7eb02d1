import CCurl
import Glibc

/// One libcurl easy handle with everything that must live as long as its transfer. Broker's thread only.
final class CurlHandle {
  let easy: UnsafeMutableRawPointer
  private let url: OpaquePointer
  private var headers: UnsafeMutablePointer<curl_slist>?
  private let body: UnsafeMutableRawBufferPointer
  private let errorText: UnsafeMutablePointer<CChar>
  private let credential: CredentialPlacement

  /// The first option that libcurl did not accept: then the handle must not be used.
  private(set) var failure: String?

  /// Makes a handle for a plan; nil where there is no memory. `context` outlives the handle.
  init?(
    _ plan: TransferPlan, body bytes: [UInt8], credential: CredentialPlacement, connectTimeoutMs: Int64,
    context: Transfer
  ) {
    guard let easy = curl_easy_init() else { return nil }
    guard let url = curl_url() else {
      curl_easy_cleanup(easy)
      return nil
    }
    self.easy = easy
    self.url = url
    self.credential = credential
    body = .allocate(byteCount: max(bytes.count, 1), alignment: 1)
    body.copyBytes(from: bytes)
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    setAddress(plan)
    setRequest(plan, bodyCount: bytes.count)
    setSafety(plan)
    setCallbacks(Unmanaged.passUnretained(context).toOpaque())
    set("CONNECTTIMEOUT_MS", slipway_curl_long(easy, CURLOPT_CONNECTTIMEOUT_MS, Int(connectTimeoutMs)))
  }

  deinit {
    curl_easy_cleanup(easy)
    curl_url_cleanup(url)
    var next = headers
    while let line = next?.pointee {
      if let text = line.data { explicit_bzero(text, strlen(text)) }
      next = line.next
    }
    curl_slist_free_all(headers)
    if let base = body.baseAddress { explicit_bzero(base, body.count) }
    body.deallocate()
    errorText.deallocate()
  }

  /// What libcurl says about an end code; its own text names hosts and reasons, never headers.
  func detail(_ code: CURLcode, wasSent: Bool) -> String {
    // Once the request is out the text may quote the answer: then only the code's own words are used.
    if !wasSent, errorText.pointee != 0 { return String(cString: errorText) }
    return String(cString: curl_easy_strerror(code))
  }

  /// The errno with which the last connect failed; 0 where none did.
  var errorNumber: Int32 { Int32(clamping: slipway_curl_info_long(easy, CURLINFO_OS_ERRNO)) }

  /// Whether the request got a connection made for it; nil where it got none.
  func madeConnection(wasSent: Bool) -> Bool? {
    wasSent ? slipway_curl_info_long(easy, CURLINFO_NUM_CONNECTS) > 0 : nil
  }

  /// Version of the answer.
  var httpVersion: String? {
    switch slipway_curl_info_http_version(easy) {
    case 10: "1.0"
    case 11: "1.1"
    case 20: "2"
    default: nil
    }
  }

  /// Lets a paused transfer go on.
  func resume() { curl_easy_pause(easy, CURLPAUSE_CONT) }

  private func set(_ name: String, _ code: CURLcode) {
    if code != CURLE_OK, failure == nil { failure = "libcurl does not accept \(name)" }
  }

  private func setAddress(_ plan: TransferPlan) {
    var query = Array(plan.query.utf8)
    if case .queryMember(let member) = credential {
      if !query.isEmpty { query.append(UInt8(ascii: "&")) }
      member.withBytes { query += $0 }
    }
    query.append(0)
    defer { query.withUnsafeMutableBytes { if let base = $0.baseAddress { explicit_bzero(base, $0.count) } } }
    let parts: [(String, CURLUcode)] = [
      ("the scheme", curl_url_set(url, CURLUPART_SCHEME, plan.scheme.rawValue, 0)),
      ("the host", curl_url_set(url, CURLUPART_HOST, plan.host, 0)),
      ("the port", curl_url_set(url, CURLUPART_PORT, "\(plan.port)", 0)),
      ("the path", curl_url_set(url, CURLUPART_PATH, plan.path, UInt32(CURLU_PATH_AS_IS))),
      (
        "the query",
        query.count <= 1
          ? CURLUE_OK
          : query.withUnsafeBytes {
            curl_url_set(url, CURLUPART_QUERY, $0.bindMemory(to: CChar.self).baseAddress, 0)
          }
      ),
    ]
    for (name, code) in parts where code != CURLUE_OK && failure == nil {
      failure = "libcurl does not accept \(name)"
    }
    set("CURLU", slipway_curl_urlapi(easy, url))
    set("PATH_AS_IS", slipway_curl_long(easy, CURLOPT_PATH_AS_IS, 1))
    set("PROXY", slipway_curl_text(easy, CURLOPT_PROXY, plan.proxy))
    set("NOPROXY", slipway_curl_text(easy, CURLOPT_NOPROXY, ""))
    if let path = plan.unixSocket { set("UNIX_SOCKET_PATH", slipway_curl_text(easy, CURLOPT_UNIX_SOCKET_PATH, path)) }
  }

  private func setRequest(_ plan: TransferPlan, bodyCount: Int) {
    switch plan.method {
    case .get: set("HTTPGET", slipway_curl_long(easy, CURLOPT_HTTPGET, 1))
    case .head: set("NOBODY", slipway_curl_long(easy, CURLOPT_NOBODY, 1))
    case .post, .put, .patch, .delete: break
    }
    if plan.sendsBody {
      set("POST", slipway_curl_long(easy, CURLOPT_POST, 1))
      set("POSTFIELDSIZE", slipway_curl_post_size(easy, curl_off_t(bodyCount)))
      set("POSTFIELDS", slipway_curl_pointer(easy, CURLOPT_POSTFIELDS, body.baseAddress))
    }
    if !plan.method.isRead, plan.method != .post {
      set("CUSTOMREQUEST", slipway_curl_text(easy, CURLOPT_CUSTOMREQUEST, plan.method.rawValue))
    }
    for line in plan.headerLines { append(headerLine: line) }
    if case .headerLine(let line) = credential { line.withText { append(headerLine: $0) } }
    set("HTTPHEADER", slipway_curl_headers(easy, headers))
    if let provider = plan.awsSigV4, case .userPassword(let text) = credential {
      set("AWS_SIGV4", slipway_curl_text(easy, CURLOPT_AWS_SIGV4, provider))
      set("USERPWD", text.withText { slipway_curl_text(easy, CURLOPT_USERPWD, $0) })
    }
    if let codings = plan.acceptEncoding {
      set("ACCEPT_ENCODING", slipway_curl_text(easy, CURLOPT_ACCEPT_ENCODING, codings))
    }
    set("HTTP_VERSION", slipway_curl_http_version(easy, plan.mayUseHTTP2 ? 1 : 0))
    if plan.ownConnection {
      set("FRESH_CONNECT", slipway_curl_long(easy, CURLOPT_FRESH_CONNECT, 1))
      set("FORBID_REUSE", slipway_curl_long(easy, CURLOPT_FORBID_REUSE, 1))
    }
  }

  private func append(headerLine line: UnsafePointer<CChar>) {
    if let longer = curl_slist_append(headers, line) {
      headers = longer
    } else if failure == nil {
      failure = "no memory for the headers"
    }
  }

  /// What never depends on the request. Left at libcurl's defaults, which are off: netrc, cookies, alt-svc, HSTS,
  /// HTTP/0.9.
  private func setSafety(_ plan: TransferPlan) {
    let numbers: [(String, CURLoption, Int)] = [
      ("NOSIGNAL", CURLOPT_NOSIGNAL, 1), ("QUICK_EXIT", CURLOPT_QUICK_EXIT, 1),
      ("FOLLOWLOCATION", CURLOPT_FOLLOWLOCATION, 0), ("NETRC", CURLOPT_NETRC, 0),
      ("SSL_VERIFYPEER", CURLOPT_SSL_VERIFYPEER, 1), ("SSL_VERIFYHOST", CURLOPT_SSL_VERIFYHOST, 2),
      ("TCP_KEEPALIVE", CURLOPT_TCP_KEEPALIVE, 1),
    ]
    for (name, option, value) in numbers { set(name, slipway_curl_long(easy, option, value)) }
    set("PROTOCOLS_STR", slipway_curl_text(easy, CURLOPT_PROTOCOLS_STR, plan.scheme.rawValue))
    set("REDIR_PROTOCOLS_STR", slipway_curl_text(easy, CURLOPT_REDIR_PROTOCOLS_STR, plan.scheme.rawValue))
    set("SSLVERSION", slipway_curl_tls_at_least_1_2(easy))
    set("ERRORBUFFER", slipway_curl_pointer(easy, CURLOPT_ERRORBUFFER, errorText))
    if let file = plan.caFile {
      set("CAINFO", slipway_curl_text(easy, CURLOPT_CAINFO, file))
      // Else the system's folder of authorities would be trusted as well.
      set("CAPATH", slipway_curl_text(easy, CURLOPT_CAPATH, nil))
    }
  }

  private func setCallbacks(_ context: UnsafeMutableRawPointer) {
    set("OPENSOCKETFUNCTION", slipway_curl_on_socket(easy, CurlCallbacks.socket, context))
    set("PREREQFUNCTION", slipway_curl_on_request(easy, CurlCallbacks.request, context))
    set("HEADERFUNCTION", slipway_curl_on_header(easy, CurlCallbacks.header, context))
    set("WRITEFUNCTION", slipway_curl_on_body(easy, CurlCallbacks.body, context))
  }
}
