/// Takes the body of a 2xx answer in pieces. Called on the broker's thread; must not block.
package protocol BrokerReceiver: Sendable {
  /// Status and headers of the answer whose body follows; called once, before the first piece.
  func head(_ head: BrokerHead)

  /// The next piece; says whether another may follow now.
  func piece(_ bytes: [UInt8]) -> BrokerFlow
}

/// What a receiver wants after a piece.
package enum BrokerFlow: Sendable, Hashable {
  /// The next piece.
  case more
  /// Nothing until ``BrokerTicket/resume()``.
  case pause
  /// The end of the request. A read is aborted; anything else is finished without its receiver.
  case stop
}
