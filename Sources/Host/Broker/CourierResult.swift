/// What came of one attempt to deliver.
package enum CourierResult: Sendable, Hashable {
  /// The receiver took it.
  case delivered
  /// It may succeed later; why it did not now, in a sentence without secrets.
  case again(String)
  /// It will not succeed as it is; why, in a sentence without secrets.
  case never(String)
}

/// What an attempt's end means; pure.
enum CourierVerdict {
  /// Of a webhook's HTTP status. A redirect is not followed, so it is as final as a refusal of the request itself; a
  /// receiver that is being deployed may answer anything else, also 401 and 404.
  static func webhook(status: Int) -> CourierResult {
    switch status {
    case 200...299: .delivered
    case 300...399: .never("the webhook answered \(status): redirects are not followed; give the final address")
    case 400, 405, 410, 411, 413, 414, 415, 422, 501: .never("the webhook answered \(status)")
    default: .again("the webhook answered \(status)")
    }
  }

  /// Of a mail server's last reply where the mail was not taken. 550 to 554 refuse this mail (RFC 5321 section 4.2.3);
  /// everything else, such as 535 for a wrong password, an operator can mend meanwhile.
  static func mail(reply: Int, detail: String) -> CourierResult {
    (550...554).contains(reply)
      ? .never("the mail server answered \(reply)")
      : .again(reply >= 400 ? "the mail server answered \(reply)" : detail)
  }
}
