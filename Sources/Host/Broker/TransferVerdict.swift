import Glibc
import System

/// Why the broker itself ended a transfer, or stopped waiting for it.
enum TransferStop: Sendable, Hashable {
  /// The connection's address is not allowed; says why.
  case address(String)
  /// `notAfterWallMs` had passed.
  case tooLate
  /// libcurl was about to send a request a second time that must be sent once.
  case repeated
  /// The answer's head is beyond what is accepted.
  case headTooBig
  /// The answer's decoded body is longer than so many bytes.
  case bodyTooBig(Int)
  /// The caller's time ran out.
  case timeout
  /// The caller took the request back, or its receiver stopped.
  case cancelled
  /// The broker is closing.
  case closing
}

/// What libcurl says of a transfer that it ended.
struct TransferEnd: Sendable, Hashable {
  /// Whether all went well.
  var isComplete: Bool
  /// libcurl's sentence otherwise.
  var detail: String
  /// The errno with which the connection failed; 0 where there is none.
  var errorNumber: Int32 = 0
}

/// Decides what is known about a request whose transfer ended or is waited for no longer; pure.
enum TransferVerdict {
  /// `wasSent` tells whether libcurl was let through to write the request; `end` is nil where the broker stops first.
  static func outcome(
    of checked: CheckedRequest,
    wasSent: Bool,
    stop: TransferStop?,
    end: TransferEnd?,
    answer: ResponseCollector
  ) -> BrokerOutcome {
    if let end, end.isComplete, let status = answer.status, status >= 200 {
      return .answered(BrokerAnswer(status: status, headers: answer.headers, body: answer.body))
    }
    let why = sentence(checked, wasSent: wasSent, stop: stop, end: end)
    guard wasSent else {
      return .notSent(NotSent(cause(stop), why))
    }
    return .sentNoAnswer(reason: why, status: answer.status)
  }

  private static func cause(_ stop: TransferStop?) -> NotSent.Cause {
    switch stop {
    case .tooLate: .tooLate
    case .timeout: .timeout
    case .cancelled: .cancelled
    case .closing: .closing
    case .address: .refused
    case nil, .repeated, .headTooBig, .bodyTooBig: .unreachable
    }
  }

  /// Why, and no more: which request it was, and that it was not sent or not answered, is said by whoever shows it.
  private static func sentence(
    _ checked: CheckedRequest, wasSent: Bool, stop: TransferStop?, end: TransferEnd?
  ) -> String {
    switch stop {
    case .address(let why): "\(why); if it is meant, set the endpoint's address on the account"
    case .tooLate: "the latest moment for it had passed"
    case .repeated: "its connection broke, and it must not be sent twice"
    case .headTooBig: "the answer's headers are longer than \(ResponseCollector.mostHeadBytes) bytes"
    case .bodyTooBig(let limit): "the answer is longer than \(limit) bytes after decoding"
    case .timeout: "no end within \(checked.timeoutMs) ms"
    case .cancelled: "it was cancelled"
    case .closing: "the host is shutting down"
    case nil:
      if !wasSent, let path = checked.endpoint.unixSocket, let number = end?.errorNumber, number != 0 {
        unreached(path, number)
      } else {
        end.map { shown($0.detail) } ?? "it was given up"
      }
    }
  }

  /// What is wrong with a socket that cannot be connected to, and what to do. libcurl's own sentence names the host and
  /// port of the URL, which nobody listens at and nobody asked for.
  private static func unreached(_ path: String, _ number: Int32) -> String {
    let remedy =
      switch number {
      case ENOENT: "start what is to listen there, or name another path as the endpoint's unix socket"
      case ECONNREFUSED: "nobody listens there: start what is to"
      case EACCES, EPERM: "let the user that the host runs as read and write it"
      default: "look at what is to listen there"
      }
    let said = SystemError("connect", code: number).text
    return "expected to connect to the unix socket \(shown(path)), found: \(said) (errno \(number)); \(remedy)"
  }
}
