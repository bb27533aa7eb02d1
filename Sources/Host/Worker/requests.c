/* requests.c: HTTP through the host. The calling thread sends HTTP and waits until HTTP_END; the
 * thread that reads fills in what comes between. */
#include <stdlib.h>
#include <string.h>

#include "worker.h"
/* What every plugin since 1.0 fills of a request. */
#define REQUEST_SIZE_1_0 (offsetof(slipway_http_request, context) + sizeof(void *))

#define DEFAULT_RESPONSE (4u << 20)
#define MAX_RESPONSE (16u << 20)

/* One HTTP request of a call, and later its response. In the call's list from HTTP until http_release
 * or the end of the call. Until HTTP_END the waiting thread owns it: when the call ends before, it
 * leaves the list with `gone` set and that thread frees it. */
struct request {
  slipway_http_response response; /* first: the plugin holds this address; struct_size 0 until then */
  struct request *next;
  pthread_cond_t changed;
  uint32_t id;
  bool streamed; /* on_chunk was given */
  bool pieces;   /* the answer is a 2xx: its body goes to on_chunk */
  bool head, ended, cut_short, too_long, gone;
  uint64_t limit, received;
  struct buffer text; /* headers and error */
  struct buffer body; /* or what on_chunk has not seen yet */
};

/* HTTP_HEAD after its request id. */
struct __attribute__((packed)) head {
  int32_t outcome, status;
  uint32_t retry_after_ms, headers_length, error_length;
};

static void request_free(struct request *request) {
  pthread_cond_destroy(&request->changed);
  buffer_free(&request->text);
  buffer_free(&request->body);
  free(request);
}

/* ---- the reader's side ---- */

static const char *take_head(struct request *request, const unsigned char *payload, size_t length) {
  struct head head;
  if (length < sizeof head) return "HTTP_HEAD: it is too short";
  memcpy(&head, payload, sizeof head);
  if (head.outcome < SLIPWAY_HTTP_NOT_SENT || head.outcome > SLIPWAY_HTTP_ANSWERED ||
      (uint64_t)head.headers_length + head.error_length != length - sizeof head) {
    return "HTTP_HEAD: its lengths or its outcome are wrong";
  }
  buffer_append(&request->text, payload + sizeof head, length - sizeof head);
  request->head = true;
  slipway_http_response *response = &request->response;
  response->outcome = head.outcome;
  response->status = head.outcome == SLIPWAY_HTTP_ANSWERED ? head.status : 0;
  response->retry_after_ms = head.retry_after_ms;
  response->headers = (slipway_span){request->text.bytes, head.headers_length};
  response->error.length = head.error_length;
  if (head.error_length > 0) response->error.bytes = request->text.bytes + head.headers_length;
  request->pieces = request->streamed && response->status >= 200 && response->status <= 299;
  return NULL;
}

static const char *take_end(struct call *call, struct request *request, const unsigned char *payload, size_t length) {
  int32_t status;
  if (length != sizeof status) return "HTTP_END: its length is wrong";
  memcpy(&status, payload, sizeof status);
  if (status != 0 && status != 1) return "HTTP_END: its status is neither 0 nor 1";
  request->cut_short = status == 1;
  request->ended = true;
  call->open_requests--;
  pthread_cond_signal(&request->changed);
  pthread_cond_broadcast(&worker_changed); /* for those that wait to ask */
  return NULL;
}

const char *request_take(struct call *call, uint8_t kind, const unsigned char *payload, size_t length) {
  uint32_t id;
  if (length < sizeof id) return "the message is shorter than its head";
  memcpy(&id, payload, sizeof id);
  payload += sizeof id;
  length -= sizeof id;
  struct request *request = call->requests;
  while (request != NULL && (request->id != id || request->ended)) request = request->next;
  if (request == NULL) return "it names a request which is not open";
  if (kind == SLIPWAY_WIRE_HTTP_HEAD && request->head) return "the request has its head already";
  if (kind == SLIPWAY_WIRE_HTTP_HEAD) return take_head(request, payload, length);
  if (!request->head) return "it comes before HTTP_HEAD";
  if (kind == SLIPWAY_WIRE_HTTP_END) return take_end(call, request, payload, length);
  request->received += length;
  if (request->received > request->limit) request->too_long = true;
  else buffer_append(&request->body, payload, length);
  if (request->pieces || request->too_long) pthread_cond_signal(&request->changed);
  return NULL;
}

/* ---- the call's side ---- */

void requests_drop(struct call *call) {
  while (call->requests != NULL) {
    struct request *request = call->requests;
    call->requests = request->next;
    request->gone = true;
    if (request->response.struct_size != 0) request_free(request); /* it was handed out */
    else pthread_cond_signal(&request->changed);
  }
}

/* [locked] Asks the host to end a request; its HTTP_END is still to come. */
static void send_stop(struct call *call, struct request *request) {
  while (!request->gone && call->sending) pthread_cond_wait(&worker_changed, &worker_lock);
  if (request->gone || request->ended || call->state != CALL_RUNNING) return;
  const struct iovec part = {&request->id, sizeof request->id};
  call->sending = true;
  pthread_mutex_unlock(&worker_lock);
  chain_send(call, SLIPWAY_WIRE_HTTP_STOP, &part, 1);
  pthread_mutex_lock(&worker_lock);
  call_turn_end(call);
}

/* [locked] Waits for the end, and hands pieces to the plugin meanwhile. */
static void receive(struct call *call, struct request *request, const slipway_http_request *given) {
  bool stop = false, stopped = false;
  while (!request->gone) {
    if ((stop || request->too_long) && !stopped) {
      stopped = true;
      send_stop(call, request);
    } else if (request->pieces && request->body.length > 0) {
      struct buffer piece = request->body;
      request->body = (struct buffer){0};
      pthread_mutex_unlock(&worker_lock);
      if (!stopped) stop = given->on_chunk(given->context, (slipway_span){piece.bytes, piece.length}) != 0;
      buffer_free(&piece);
      pthread_mutex_lock(&worker_lock);
    } else if (request->ended) {
      return;
    } else {
      crew_relieve();
      pthread_cond_wait(&request->changed, &worker_lock);
    }
  }
}

/* [locked] Fills in the response, the request being at its end. */
static void conclude(struct request *request) {
  static const char cut[] = "the answer was cut short", longer[] = "the answer is longer than max_response";
  slipway_http_response *response = &request->response;
  if (request->cut_short || request->too_long) {
    response->outcome = SLIPWAY_HTTP_SENT_NO_ANSWER;
    response->status = 0;
    if (request->too_long) response->error = (slipway_span){(const uint8_t *)longer, sizeof longer - 1};
    else if (response->error.length == 0) response->error = (slipway_span){(const uint8_t *)cut, sizeof cut - 1};
    buffer_free(&request->body);
  }
  response->body = (slipway_span){request->body.bytes, request->body.length};
  response->struct_size = sizeof *response;
}

/* The request as it goes on the wire: its fixed part, then the spans. */
#define SPANS 6
struct outgoing {
  uint32_t id;
  struct slipway_wire_http fixed;
  struct iovec parts[2 + SPANS];
};

/* True when the plugin's struct can be used; `copy` gets what this version knows of it. */
static bool request_copy(slipway_http_request *copy, struct outgoing *out, const slipway_http_request *given) {
  /* An older plugin's request ends earlier, a newer one's later: what is not there is 0. */
  if (given == NULL || given->struct_size < REQUEST_SIZE_1_0) return false;
  memset(copy, 0, sizeof *copy);
  memcpy(copy, given, given->struct_size < sizeof *copy ? given->struct_size : sizeof *copy);
  if (copy->max_response == 0) copy->max_response = DEFAULT_RESPONSE;
  const slipway_span spans[SPANS] = {copy->endpoint, copy->method, copy->path, copy->query, copy->headers, copy->body};
  out->parts[0] = (struct iovec){&out->id, sizeof out->id};
  out->parts[1] = (struct iovec){&out->fixed, sizeof out->fixed};
  uint64_t total = sizeof out->id + sizeof out->fixed;
  for (size_t i = 0; i < SPANS; i++) {
    if (spans[i].length > SLIPWAY_WIRE_MAX_MESSAGE || (spans[i].length > 0 && spans[i].bytes == NULL)) return false;
    out->parts[2 + i] = (struct iovec){(void *)spans[i].bytes, spans[i].length};
    total += spans[i].length;
  }
  out->fixed = (struct slipway_wire_http){
      copy->timeout_ms, copy->cache_ttl_s, copy->max_response, copy->on_chunk != NULL, (uint32_t)spans[0].length,
      (uint32_t)spans[1].length, (uint32_t)spans[2].length, (uint32_t)spans[3].length, (uint32_t)spans[4].length,
      (uint32_t)spans[5].length};
  return total <= SLIPWAY_WIRE_MAX_MESSAGE && copy->max_response <= MAX_RESPONSE;
}

int32_t service_http(slipway_call *handle, const slipway_http_request *given, const slipway_http_response **response) {
  slipway_http_request copy;
  struct outgoing out;
  if (response == NULL || !request_copy(&copy, &out, given)) return SLIPWAY_STATUS_INVALID;
  struct request *request = allocate(sizeof *request);
  *request = (struct request){.streamed = copy.on_chunk != NULL, .limit = copy.max_response, .gone = true};
  pthread_cond_init(&request->changed, NULL);
  pthread_mutex_lock(&worker_lock);
  struct call *call = call_turn(handle, MAX_REQUESTS - 1);
  if (call != NULL && call_over(call)) {
    call_turn_end(call);
  } else if (call != NULL) {
    out.id = request->id = ++call->last_request;
    request->gone = false;
    request->next = call->requests;
    call->requests = request;
    call->open_requests++;
    pthread_mutex_unlock(&worker_lock);
    chain_send(call, SLIPWAY_WIRE_HTTP, out.parts, 2 + SPANS);
    pthread_mutex_lock(&worker_lock);
    call_turn_end(call);
    receive(call, request, &copy);
  }
  const bool gone = request->gone;
  if (!gone) conclude(request);
  pthread_mutex_unlock(&worker_lock);
  if (gone) request_free(request);
  else *response = &request->response;
  return gone ? SLIPWAY_STATUS_CLOSED : SLIPWAY_STATUS_OK;
}

void service_http_release(slipway_call *handle, const slipway_http_response *response) {
  pthread_mutex_lock(&worker_lock);
  struct call *call = call_of(handle);
  struct request *found = NULL;
  /* Looked up by its address, never followed: it may be anything. One that is not handed out yet stays. */
  for (struct request **link = call != NULL ? &call->requests : NULL; link != NULL && *link != NULL;) {
    if (&(*link)->response == response && response->struct_size != 0) {
      found = *link;
      *link = found->next;
      break;
    }
    link = &(*link)->next;
  }
  pthread_mutex_unlock(&worker_lock);
  if (found != NULL) request_free(found);
}
