/// The broker's limits.
package struct BrokerConfiguration: Sendable, Hashable {
  /// Milliseconds for name, connection and TLS; a request's own timeout counts as well. 1 ... 300,000.
  package var connectTimeoutMs: Int64 = 20_000
  /// Milliseconds for which a request that is not a read is given time on the wire, counted from its start, even when
  /// its caller waits no more. 0 ... 600,000; a longer timeout of its own wins.
  package var mutationWireMs: Int64 = 60_000
  /// Reads that one account may have on the wire, 1 or more; as many of the other kind come on top.
  package var concurrentPerAccount: Int = 16
  /// Requests of one account that may wait for a place; the next one is refused, not sent, and may be tried later.
  package var waitingPerAccount: Int = 1024
  /// Milliseconds for which a request that ended while its name was being resolved keeps its place: about as long as
  /// the system's resolver tries (5 s, twice, for each server). 0 ... 60,000.
  package var resolverLingerMs: Int64 = 15_000
  /// Connections kept open without use.
  package var idleConnections: Int = 32
  /// Bytes of the catalog cache.
  package var cacheBytes: Int = 32 << 20
  /// Most bytes of one streamed body.
  package var streamBytes: Int = 4 << 30

  /// Makes the default limits.
  package init() {}
}

extension BrokerConfiguration {
  /// The limits within their documented ranges.
  var clamped: BrokerConfiguration {
    var limits = self
    limits.connectTimeoutMs = min(max(connectTimeoutMs, 1), 300_000)
    limits.mutationWireMs = min(max(mutationWireMs, 0), 600_000)
    limits.concurrentPerAccount = max(concurrentPerAccount, 1)
    limits.resolverLingerMs = min(max(resolverLingerMs, 0), 60_000)
    limits.waitingPerAccount = max(waitingPerAccount, 0)
    limits.idleConnections = min(max(idleConnections, 1), 4096)
    limits.cacheBytes = max(cacheBytes, 0)
    limits.streamBytes = max(streamBytes, 1)
    return limits
  }
}
