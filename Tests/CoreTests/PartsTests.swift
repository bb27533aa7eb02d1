import Core
import Model
import Testing

@Test func `a token bucket gives its capacity, then its rate`() {
  let start = Instant(ms: 0)
  var bucket = TokenBucket(capacity: 2, perHour: 3_600, at: start)
  let both = bucket.take(2, at: start)
  let third = bucket.take(1, at: start)
  #expect(both && !third)
  let ready = bucket.ready(1, at: start)
  #expect(ready.ms >= 1_000 && ready.ms <= 1_002)
  let later = bucket.take(1, at: ready)
  #expect(later)
  bucket.charge(10, at: ready)
  #expect(bucket.ready(1, at: ready).ms > ready.ms + 2_000, "debts are paid back, but only up to the capacity")
  #expect(bucket.ready(1, at: ready).ms < ready.ms + 4_000)
}

@Test func `a bucket without a rate never runs out`() {
  var bucket = TokenBucket(capacity: 1, perHour: nil, at: Instant(ms: 0))
  var given = 0
  for _ in 0..<100 where bucket.take(1, at: Instant(ms: 0)) { given += 1 }
  #expect(given == 100)
}

@Test func `backoff doubles up to its limit, with at most a quarter of jitter`() {
  var random = Randomness(seed: 3)
  let backoff = Backoff(first: 1_000, most: 60_000)
  for failures in 1...200 {
    let whole = min(1_000 << Int64(min(failures - 1, 20)), 60_000)
    let wait = backoff.wait(failures: failures, random: &random)
    #expect(wait <= whole && wait >= whole * 3 / 4)
  }
}
