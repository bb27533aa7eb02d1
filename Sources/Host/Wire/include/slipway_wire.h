/* slipway_wire.h: frames between the host and slipway-worker, over a SOCK_STREAM socket pair
 * (descriptor 3 in the worker). Plugins never see it. All integers little endian.
 *
 * A message is a chain of frames of one kind and call: every frame but the last carries
 * SLIPWAY_WIRE_MORE. Chains of different calls interleave. A reassembled message is at most 4 MiB
 * (replies of list and catalog, 16 MiB; an HTTP response, of many messages, 16 MiB).
 *
 * Flow control: each side may have at most 256 KiB of unacknowledged payload in flight per call and
 * 4 MiB per worker in each direction; the receiver returns it with CREDIT frames as it takes frames off the wire
 * (a CREDIT names the call, or 0 for payload that belongs to none). Kinds CANCEL, CREDIT, PING, PONG, LOG and PROGRESS cost no credit; LOG and
 * PROGRESS have a budget of their own in the worker, and are dropped and counted there when it is empty.
 *
 * State: the worker sends HELLO, then (after dlopen and entry) READY or REFUSED. Only after READY may
 * the host send CALL. End of file on the worker's side: the host is gone, the worker calls _exit(0).
 * A frame that the table below does not allow ends the worker with that reason.
 *
 *   kind      from    state          call     payload
 *   HELLO     worker  first          0        struct slipway_wire_hello
 *   READY     worker  after HELLO    0        u32 abi_min, abi_max, abi_chosen, u32 verbs (bit n: verb n is there),
 *                                             u32 id length, u32 version length, id, version, manifest
 *   REFUSED   worker  after HELLO    0        u32 reason (SLIPWAY_REFUSED_...), u32 abi_min, u32 abi_max (0 unless the
 *                                             plugin told), UTF-8 text; the worker then exits 0
 *   CALL      host    after READY    new      u8 verb, 7 bytes 0, u64 deadline (CLOCK_MONOTONIC ns), JSON
 *   CANCEL    host    call open      open     empty
 *   REPLY     worker  call open      open     JSON
 *   FAIL      worker  call open      open     i32 code, JSON (may be empty)
 *   RETURNED  worker  call open      open     empty: the verb has returned; the call id is closed now
 *   HTTP      worker  call open      open     u32 request id, struct slipway_wire_http, spans in its order
 *   HTTP_HEAD host    request open   open     u32 request id, i32 outcome, i32 status, u32 retry_after_ms,
 *                                             u32 headers length, u32 error length, headers, error
 *   HTTP_BODY host    after HEAD     open     u32 request id, bytes of body; any number of messages, also none; each is
 *                                             handed on when it is whole
 *   HTTP_END  host    after HEAD     open     u32 request id, i32 status (0 whole, 1 cut short; then the outcome is
 *                                             SENT_NO_ANSWER whatever the head said)
 *   HTTP_STOP worker  request open   open     u32 request id: on_chunk asked to end; the host still sends HTTP_END
 *   LOG       worker  after HELLO    open, 0  u8 level, 3 bytes 0, u32 dropped so far, u32 message length, message, fields
 *   PROGRESS  worker  call open      open     i32 permille, UTF-8 text
 *   CREDIT    both    after HELLO    any, 0   u32 bytes
 *   PING      host    after READY    0        u64 token
 *   PONG      worker  after PING     0        u64 token
 *
 * A call's frames end with RETURNED. REPLY or FAIL comes before it, at most once; the worker itself
 * sends FAIL INTERNAL when a verb returned without answer.
 *
 * Details that both sides rely on:
 *   - Call ids are never 0 and never used twice; request ids start at 1 and rise within their call.
 *   - A call has one chain at a time in each direction. CANCEL, CREDIT, LOG and PROGRESS are always
 *     single frames and may come between the frames of a chain. A frame with MORE is never empty.
 *   - Host frames that cross RETURNED on their way are dropped by the worker, and credited.
 *     HTTP_STOP may cross HTTP_END.
 *   - Payload of call 0 (HELLO, READY, REFUSED) counts to the 4 MiB window only. So does a CREDIT for
 *     a call that has ended meanwhile. Headers cost nothing. The worker gives credit in lots of at
 *     least 32 KiB, and the rest of a call's before its RETURNED. Credit for more than is in flight
 *     is a fault.
 *   - A body beyond the request's max_response is dropped: the worker sends HTTP_STOP, and the plugin
 *     sees SENT_NO_ANSWER.
 *   - Exit status of the worker: 0 end of file or REFUSED, 64 wrong invocation, 65 a frame that is
 *     not allowed (the reason is on stderr). */
#ifndef SLIPWAY_WIRE_H
#define SLIPWAY_WIRE_H

#include <stdint.h>

#define SLIPWAY_WIRE_VERSION 2u
#define SLIPWAY_WIRE_MAX_FRAME 65536u /* payload bytes in one frame */
#define SLIPWAY_WIRE_MAX_MESSAGE (4u << 20)
#define SLIPWAY_WIRE_MAX_LISTING (16u << 20)
#define SLIPWAY_WIRE_CALL_CREDIT (256u << 10)
#define SLIPWAY_WIRE_WORKER_CREDIT (4u << 20)
#define SLIPWAY_WIRE_MORE 1u
#define SLIPWAY_WIRE_FD 3   /* the socket, in the worker */
#define SLIPWAY_CGROUP_FD 4 /* with --cgroup: cgroup.procs, for writing; closed before the plugin is loaded */

/* Frame header, 14 bytes on the wire in this order, packed. */
struct __attribute__((packed)) slipway_wire_header {
  uint32_t length; /* of the payload that follows */
  uint8_t kind;
  uint8_t flags;
  uint64_t call;
};

#define SLIPWAY_WIRE_HELLO 1
#define SLIPWAY_WIRE_READY 2
#define SLIPWAY_WIRE_REFUSED 3
#define SLIPWAY_WIRE_CALL 4
#define SLIPWAY_WIRE_CANCEL 5
#define SLIPWAY_WIRE_REPLY 6
#define SLIPWAY_WIRE_FAIL 7
#define SLIPWAY_WIRE_RETURNED 8
#define SLIPWAY_WIRE_HTTP 9
#define SLIPWAY_WIRE_HTTP_HEAD 10
#define SLIPWAY_WIRE_HTTP_BODY 11
#define SLIPWAY_WIRE_HTTP_END 12
#define SLIPWAY_WIRE_HTTP_STOP 13
#define SLIPWAY_WIRE_LOG 14
#define SLIPWAY_WIRE_PROGRESS 15
#define SLIPWAY_WIRE_CREDIT 16
#define SLIPWAY_WIRE_PING 17
#define SLIPWAY_WIRE_PONG 18

/* Verbs, in CALL and as bits in READY. */
#define SLIPWAY_VERB_VALIDATE 0
#define SLIPWAY_VERB_PREPARE 1
#define SLIPWAY_VERB_PROVISION 2
#define SLIPWAY_VERB_POLL 3
#define SLIPWAY_VERB_TERMINATE 4
#define SLIPWAY_VERB_LIST 5
#define SLIPWAY_VERB_CATALOG 6
#define SLIPWAY_VERB_SELF_TEST 7
#define SLIPWAY_VERB_POWER 8
#define SLIPWAY_VERB_COUNT 9

/* Why a plugin was not loaded. */
#define SLIPWAY_REFUSED_DLOPEN 1    /* text is dlerror() */
#define SLIPWAY_REFUSED_NO_SYMBOL 2 /* no slipway_plugin_entry */
#define SLIPWAY_REFUSED_NULL 3      /* entry returned NULL */
#define SLIPWAY_REFUSED_BY_PLUGIN 4 /* refuse() was called; text is its reason */
#define SLIPWAY_REFUSED_ABI 5       /* abi_chosen is outside of either range */
#define SLIPWAY_REFUSED_TABLE 6     /* struct_size too small, a required verb missing, id or manifest malformed; text says */
#define SLIPWAY_REFUSED_SANDBOX 7   /* a part that was required could not be enforced */

/* Parts of the sandbox, all in force before the plugin is loaded. */
#define SLIPWAY_PART_NO_NEW_PRIVS 0  /* no setuid program gives rights back */
#define SLIPWAY_PART_NOT_DUMPABLE 1  /* no core, no ptrace, no /proc/<pid>/mem for others of the same user */
#define SLIPWAY_PART_CLOSED_FDS 2    /* descriptors 0 to 3 and no other */
#define SLIPWAY_PART_NO_CORE 3       /* RLIMIT_CORE 0 */
#define SLIPWAY_PART_LIMITS 4        /* RLIMIT_DATA, STACK, NOFILE 64, FSIZE 0 */
#define SLIPWAY_PART_CAPABILITIES 5  /* none, also when the host is root */
#define SLIPWAY_PART_SYSCALLS 6      /* seccomp: a list of allowed system calls */
#define SLIPWAY_PART_FILES 7         /* Landlock: what may be read; nothing may be written */
#define SLIPWAY_PART_TCP 8           /* Landlock from ABI 4: no TCP; seccomp forbids all sockets besides */
#define SLIPWAY_PART_SCOPES 9        /* Landlock from ABI 6: no signal leaves; seccomp forbids it besides */
#define SLIPWAY_PART_FIRST_VICTIM 10 /* where memory runs out, this process goes first */
#define SLIPWAY_PART_CGROUP 11       /* memory.max and pids.max of a cgroup of its own */
#define SLIPWAY_PART_COUNT 12
#define SLIPWAY_PARTS_ALWAYS 0x00fu    /* bits: without these a worker loads no plugin */
#define SLIPWAY_PARTS_ESSENTIAL 0x0ffu /* nor, with --required, without these; the others are second walls */

/* HELLO. */
struct __attribute__((packed)) slipway_wire_hello {
  uint32_t wire;
  uint32_t pid;
  uint32_t landlock;                   /* the kernel's Landlock ABI, or 0 */
  uint8_t missing[SLIPWAY_PART_COUNT]; /* for each part 0 where it is in force, else why not, an errno */
};

/* Fixed part of HTTP, after the u32 request id; then endpoint, method, path, query, headers, body. */
struct __attribute__((packed)) slipway_wire_http {
  uint32_t timeout_ms;
  uint32_t cache_ttl_s;
  uint64_t max_response;
  uint32_t streamed; /* 1: on_chunk was given */
  uint32_t endpoint_length;
  uint32_t method_length;
  uint32_t path_length;
  uint32_t query_length;
  uint32_t headers_length;
  uint32_t body_length;
};

#endif
