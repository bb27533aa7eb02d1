/* slipway_plugin.h: the whole contract between a Slipway host and a provisioner plugin.
 *
 * A plugin is one shared object. It teaches the host one cloud: what can be bought there, how
 * to make a machine, look at it, and end it. It exports ONE symbol, slipway_plugin_entry, and
 * needs no other header, no library and no network: the host performs its HTTP requests.
 *
 * The host runs every plugin in a process of its own ("worker"), loaded once and never unloaded.
 * When that process ends it ends with _exit: destructors do not run.
 *
 * WORDS
 *   span      UTF-8 bytes with a length, not terminated by NUL.
 *   verb      one of the plugin's functions below. A verb is short: ask the cloud once, answer.
 *             Waiting is the host's work: it calls `poll` again.
 *   call      one invocation of a verb, from the host's request to the plugin's answer.
 *
 * MEMORY
 *   Nothing allocated on one side is freed on the other. What a function receives is borrowed
 *   and must be copied if it is needed after that function returns. Exceptions to this say so.
 *
 * THREADS, as marked beside each function
 *   [load]         the loading thread, once, before any call.
 *   [call-thread]  one of the worker's call threads (512 KiB of stack); several verbs may run at
 *                  once, up to `max_concurrency` of the manifest (1 unless declared).
 *   [any-thread]   any thread, while the call is open. A call is open until its verb returned.
 *
 * TIME
 *   Every call has a deadline. An overdue call has already been given its outcome by the host;
 *   the worker that still runs it is replaced. Ask slipway_host.remaining_ms.
 *
 * VERSIONS
 *   Fields are only ever appended, each with a "since" note. Read no field that lies beyond the
 *   other side's `struct_size`. What you do not know, ignore; what is missing is NULL or 0.
 *   Version 1.0 is frozen: a plugin built against it loads in every 1.x host.
 */
#ifndef SLIPWAY_PLUGIN_H
#define SLIPWAY_PLUGIN_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- 1. Versions ------------------------------------------------------------------------- */

#define SLIPWAY_ABI_MAJOR UINT32_C(1)
#define SLIPWAY_ABI_MINOR UINT32_C(0)
/* Version as one number: major in the upper 16 bits, minor in the lower. */
#define SLIPWAY_ABI_VERSION ((SLIPWAY_ABI_MAJOR << 16) | SLIPWAY_ABI_MINOR)

/* ---- 2. Basic types ---------------------------------------------------------------------- */

/* UTF-8 bytes. `bytes` may be NULL only where `length` is 0. */
typedef struct slipway_span {
  const uint8_t *bytes;
  uint64_t length;
} slipway_span;

/* One open call. Opaque; valid from the start of a verb until that verb returns. */
typedef struct slipway_call slipway_call;

typedef struct slipway_host slipway_host;
typedef struct slipway_plugin slipway_plugin;

/* ---- 3. Result codes (slipway_host.fail) ---------------------------------------------------
 * Choose the code that says what IS, not what to do: the host decides that, as noted.          */

#define SLIPWAY_INVALID_SPEC INT32_C(1)     /* can never work as asked. Host: fails the request now. */
#define SLIPWAY_NO_CAPACITY INT32_C(2)      /* out of stock here. Host: next placement. */
#define SLIPWAY_QUOTA INT32_C(3)            /* a limit of the account. Host: stops creating on it. */
#define SLIPWAY_RATE_LIMITED INT32_C(4)     /* too many requests. Host: waits retry_after_ms. */
#define SLIPWAY_UNAUTHENTICATED INT32_C(5)  /* bad credential. Host: opens the account's circuit. */
#define SLIPWAY_FORBIDDEN INT32_C(6)        /* credential may not do this. Host: as above. */
#define SLIPWAY_PAYMENT_REQUIRED INT32_C(7) /* balance. Host: as QUOTA. */
#define SLIPWAY_BUSY INT32_C(8)             /* locked, pending event. Host: same call again, 5 s to 10 min. */
#define SLIPWAY_PROTECTED INT32_C(9)        /* deletion is protected. Host: shows it; a person must act. */
#define SLIPWAY_NOT_FOUND INT32_C(10)       /* the cloud does not know the id. Host: asks by id again. */
#define SLIPWAY_NAME_TAKEN INT32_C(11)      /* the name exists and is not ours. Host: a finding; fails. */
#define SLIPWAY_UNAVAILABLE INT32_C(12)     /* certainly did not happen; try again. Host: backs off. */
#define SLIPWAY_UNKNOWN_OUTCOME INT32_C(13) /* sent, no definite answer. Host: resolves by lookup. */
#define SLIPWAY_CANCELLED INT32_C(14)       /* the host cancelled the call. */
#define SLIPWAY_UNSUPPORTED INT32_C(15)     /* this plugin or cloud cannot do that. */
#define SLIPWAY_INTERNAL INT32_C(16)        /* a defect of the plugin. Host: counts it against the plugin. */

/* ---- 4. Status of a host function ----------------------------------------------------------
 * 0 or more is success. A negative value leaves everything as it was.                          */

#define SLIPWAY_STATUS_OK INT32_C(0)
#define SLIPWAY_STATUS_CLOSED INT32_C(-1)   /* the call is over, cancelled or overdue. */
#define SLIPWAY_STATUS_TWICE INT32_C(-2)    /* the call already has its answer. */
#define SLIPWAY_STATUS_TOO_BIG INT32_C(-3)  /* over a limit named at the function. */
#define SLIPWAY_STATUS_INVALID INT32_C(-4)  /* an argument is malformed. */

/* ---- 5. HTTP through the host -------------------------------------------------------------- */

#define SLIPWAY_HTTP_NOT_SENT INT32_C(0)       /* no byte of the request left this machine. */
#define SLIPWAY_HTTP_SENT_NO_ANSWER INT32_C(1) /* it may have reached the cloud; no whole answer came. */
#define SLIPWAY_HTTP_ANSWERED INT32_C(2)       /* status, headers and body are there. */

/* A request. Zero the struct, set struct_size = sizeof(slipway_http_request), then the rest.
 * Owned by the plugin; the host copies what it needs before http() returns. The host adds the
 * account's credential itself: a plugin never sees one. since 1.0 */
typedef struct slipway_http_request {
  uint32_t struct_size;
  uint32_t timeout_ms;    /* 0: what remains of the call, at most 60,000. */
  slipway_span endpoint;  /* name of an endpoint in the manifest. */
  slipway_span method;    /* GET, HEAD, POST, PUT, PATCH or DELETE. */
  slipway_span path;      /* begins with one '/', percent-encoded, no dot segments, no query. */
  slipway_span query;     /* "a=b&c=d", percent-encoded, without '?'; may be empty. */
  slipway_span headers;   /* lines "Name: value\n"; may be empty. */
  slipway_span body;      /* may be empty. */
  uint64_t max_response;  /* decoded bytes of answer to accept; 0: 4 MiB, the most 16 MiB. */
  uint32_t cache_ttl_s;   /* GET within validate or catalog only: an answer this old is good enough. */
  uint32_t reserved;      /* 0. */
  /* When not NULL, the body of a 2xx answer arrives here in pieces, on the thread that called http(),
   * and the response's body is empty. Return 0 to go on, anything else to end the request. */
  int32_t (*on_chunk)(void *context, slipway_span piece);
  void *context;
} slipway_http_request;

/* A response. Owned by the host; valid until http_release or the end of the call. since 1.0 */
typedef struct slipway_http_response {
  uint32_t struct_size;
  int32_t outcome;         /* SLIPWAY_HTTP_... */
  int32_t status;          /* HTTP status when answered, else 0. */
  uint32_t retry_after_ms; /* when the host held the request back, or the cloud said so; else 0. */
  slipway_span headers;    /* lines "name: value\n", names in lower case. */
  slipway_span body;       /* decoded. */
  slipway_span error;      /* a sentence when not answered, or when the request was refused. */
} slipway_http_response;

/* ---- 6. The host's table ------------------------------------------------------------------- */

struct slipway_host {
  uint32_t struct_size; /* sizeof(slipway_host) in the host. */
  uint32_t abi_min;     /* oldest version that the host speaks. */
  uint32_t abi_max;     /* newest version that the host speaks. */
  uint32_t reserved;

  /* [load] Say why the plugin will not run with this host, then return from entry with
   * abi_chosen = 0. `reason` is copied; at most 4 KiB of it are shown. since 1.0 */
  void (*refuse)(const slipway_host *host, slipway_span reason);

  /* [any-thread] Answer the call with a JSON object; copied at once. At most 4 MiB (list and
   * catalog 16 MiB). OK, CLOSED, TWICE or TOO_BIG. since 1.0 */
  int32_t (*reply)(slipway_call *call, slipway_span json);

  /* [any-thread] Answer the call with a failure: a code of section 3 and a JSON object as
   * docs/abi/failure.json describes (may be empty). Statuses as reply; INVALID for a code outside of
   * section 3. since 1.0 */
  int32_t (*fail)(slipway_call *call, int32_t code, slipway_span json);

  /* [any-thread] Perform one HTTP request and wait for it. Sets *response whenever it returns
   * OK, also when nothing was sent. CLOSED when the call is over. INVALID when a span is malformed, all
   * parts together exceed 4 MiB, or max_response exceeds 16 MiB. since 1.0 */
  int32_t (*http)(slipway_call *call, const slipway_http_request *request, const slipway_http_response **response);

  /* [any-thread] Give a response back early. NULL is allowed. since 1.0 */
  void (*http_release)(slipway_call *call, const slipway_http_response *response);

  /* [any-thread] Write a line to the operator's log. level: 0 debug, 1 info, 2 warning, 3 error.
   * `call` may be NULL. `fields` is a JSON object of strings, or empty. Never blocks: lines over
   * the rate are dropped and counted. OK; CLOSED; INVALID; TOO_BIG when message and fields exceed 16 KiB
   * together (nothing is logged). Do not log what user_data holds. since 1.0 */
  int32_t (*log)(slipway_call *call, int32_t level, slipway_span message, slipway_span fields);

  /* [any-thread] Tell a person how a slow `prepare` is getting on. permille 0 to 1000, or -1 when
   * unknown. Statuses as log. since 1.0 */
  int32_t (*progress)(slipway_call *call, int32_t permille, slipway_span message);

  /* [any-thread] Milliseconds until the call's deadline; 0 when it has passed. since 1.0 */
  uint32_t (*remaining_ms)(slipway_call *call);

  /* [any-thread] 1 once the host has cancelled the call or its deadline passed, else 0. CLOSED
   * after the call has ended. since 1.0 */
  int32_t (*cancelled)(slipway_call *call);

  /* [load] [any-thread] A named optional table of the host, or NULL. since 1.0 */
  const void *(*get_extension)(const slipway_host *host, slipway_span name);
};

/* ---- 7. The plugin's table ----------------------------------------------------------------- */

/* A verb. [call-thread] `request` is one JSON object, borrowed until the verb returns. Before it
 * returns the plugin answers exactly once, with reply or fail; no answer is INTERNAL. No
 * exception, panic or longjmp may leave it. Schemas of requests and replies: docs/abi/. */
typedef void (*slipway_verb)(slipway_call *call, slipway_span request);

/* Filled by the plugin, alive until the process ends, constant after entry returned. */
struct slipway_plugin {
  uint32_t struct_size; /* sizeof(slipway_plugin) in the plugin. */
  uint32_t abi_min;     /* oldest version that the plugin speaks. */
  uint32_t abi_max;     /* newest version that the plugin speaks. */
  uint32_t abi_chosen;  /* the version it will speak: within both ranges, or 0 after refuse. */
  slipway_span id;      /* 1 to 32 of a-z, 0-9, '-': names the plugin in commands. */
  slipway_span version; /* semantic version of the plugin, such as "1.2.0". */

  /* One JSON object of at most 256 KiB: docs/abi/manifest.json. since 1.0 */
  slipway_span manifest;

  slipway_verb validate;  /* Can this be bought, and what does it cost? Changes nothing. since 1.0 */
  slipway_verb prepare;   /* What may be slow and costs nothing, such as the SSH key object. since 1.0 */
  slipway_verb provision; /* Make the object; answer with its id the moment the cloud names it. since 1.0 */
  slipway_verb poll;      /* Look at a batch of attempts, by id or, without one, by name. since 1.0 */
  slipway_verb terminate; /* End one object, after re-reading that it carries our label. since 1.0 */
  slipway_verb list;      /* Everything of this installation in the account. since 1.0 */
  slipway_verb catalog;   /* Types, locations, images, prices, stock. since 1.0 */
  slipway_verb self_test; /* Whose account is this, is the credential good? since 1.0 */
  slipway_verb power;     /* Start, stop, reboot. NULL when the cloud cannot. since 1.0 */

  /* [load] [any-thread] A named optional table of the plugin, or NULL. The pointer itself may be
   * NULL when there is none. since 1.0 */
  const void *(*get_extension)(slipway_span name);
};

/* ---- 8. The one symbol --------------------------------------------------------------------- */

#if defined(_WIN32) || !defined(__GNUC__)
#define SLIPWAY_EXPORT
#else
#define SLIPWAY_EXPORT __attribute__((visibility("default")))
#endif

/* [load] Called once, after the shared object's constructors. `host` lives as long as the process.
 * Returns the plugin's table, which lives as long; NULL is a fault. */
SLIPWAY_EXPORT const slipway_plugin *slipway_plugin_entry(const slipway_host *host);

#ifdef __cplusplus
}
#endif

#endif
