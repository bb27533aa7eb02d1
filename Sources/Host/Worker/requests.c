/* requests.c: HTTP through the host. The calling thread sends HTTP and waits until HTTP_END; the
 * reader fills in what comes between. */
#include <stdlib.h>
#include <string.h>

#include "worker.h"

/* One HTTP request of a call, and later its response. In the call's list from HTTP until http_release
 * or the end of the call. Until HTTP_END the waiting thread owns it: when the call ends before, it
 * leaves the list with `gone` set and that thread frees it. */
struct request {
  slipway_http_response response; /* first: the plugin holds this address */
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

/* [locked] */
static struct request *request_find(struct call *call, uint32_t id, const char *kind) {
  struct request *request = call->requests;
  while (request != NULL && (request->id != id || request->ended)) request = request->next;
  if (request == NULL) {
    worker_end(EXIT_WRONG_FRAME, "the host sent %s for request %u of call %llu, which is not open", kind, id,
               (unsigned long long)call->id);
  }
  return request;
}

static _Noreturn void refuse(const char *kind, const struct call *call, const char *reason) {
  worker_end(EXIT_WRONG_FRAME, "the host sent %s for call %llu: %s", kind, (unsigned long long)call->id, reason);
}

void request_head(struct call *call, const unsigned char *payload, size_t length) {
  struct head head;
  uint32_t id;
  if (length < sizeof id + sizeof head) refuse("HTTP_HEAD", call, "it is too short");
  memcpy(&id, payload, sizeof id);
  memcpy(&head, payload + sizeof id, sizeof head);
  const size_t rest = length - sizeof id - sizeof head;
  struct request *request = request_find(call, id, "HTTP_HEAD");
  if (request->head) refuse("HTTP_HEAD", call, "the request has its head already");
  if (head.outcome < SLIPWAY_HTTP_NOT_SENT || head.outcome > SLIPWAY_HTTP_ANSWERED ||
      (uint64_t)head.headers_length + head.error_length != rest) {
    refuse("HTTP_HEAD", call, "its lengths or its outcome are wrong");
  }
  buffer_append(&request->text, payload + sizeof id + sizeof head, rest);
  request->head = true;
  request->response.outcome = head.outcome;
  request->response.status = head.outcome == SLIPWAY_HTTP_ANSWERED ? head.status : 0;
  request->response.retry_after_ms = head.retry_after_ms;
  request->response.headers = (slipway_span){request->text.bytes, head.headers_length};
  request->response.error.length = head.error_length;
  if (head.error_length > 0) request->response.error.bytes = request->text.bytes + head.headers_length;
  request->pieces = request->streamed && request->response.status >= 200 && request->response.status <= 299;
}

void request_body(struct call *call, uint32_t id, const unsigned char *bytes, size_t length) {
  struct request *request = request_find(call, id, "HTTP_BODY");
  if (!request->head) refuse("HTTP_BODY", call, "it comes before HTTP_HEAD");
  request->received += length;
  if (request->received > request->limit) request->too_long = true;
  else buffer_append(&request->body, bytes, length);
  if (request->pieces || request->too_long) pthread_cond_signal(&request->changed);
}

void request_end(struct call *call, const unsigned char *payload, size_t length) {
  uint32_t id;
  int32_t status;
  if (length != sizeof id + sizeof status) refuse("HTTP_END", call, "its length is wrong");
  memcpy(&id, payload, sizeof id);
  memcpy(&status, payload + sizeof id, sizeof status);
  struct request *request = request_find(call, id, "HTTP_END");
  if (!request->head) refuse("HTTP_END", call, "it comes before HTTP_HEAD");
  if (status != 0 && status != 1) refuse("HTTP_END", call, "its status is neither 0 nor 1");
  request->cut_short = status == 1;
  request->ended = true;
  call->open_requests--;
  pthread_cond_signal(&request->changed);
  pthread_cond_broadcast(&worker_changed); /* for those that wait to ask */
}

/* ---- the call's side ---- */

void requests_drop(struct call *call) {
  struct request *request = call->requests;
  call->requests = NULL;
  while (request != NULL) {
    struct request *next = request->next;
    if (request->response.struct_size != 0) {
      request_free(request); /* it was handed out */
    } else {
      request->gone = true;
      pthread_cond_signal(&request->changed);
    }
    request = next;
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
  bool stopped = false;
  while (!request->gone) {
    if (request->too_long && !stopped) {
      stopped = true;
      send_stop(call, request);
    } else if (request->pieces && request->body.length > 0) {
      struct buffer piece = request->body;
      request->body = (struct buffer){0};
      if (!stopped) {
        pthread_mutex_unlock(&worker_lock);
        const bool stop = given->on_chunk(given->context, (slipway_span){piece.bytes, piece.length}) != 0;
        pthread_mutex_lock(&worker_lock);
        if (stop) {
          stopped = true;
          send_stop(call, request);
        }
      }
      buffer_free(&piece);
    } else if (request->ended) {
      return;
    } else {
      pthread_cond_wait(&request->changed, &worker_lock);
    }
  }
}

/* [locked] Fills in the response, the request being at its end. */
static void conclude(struct request *request) {
  slipway_http_response *response = &request->response;
  if (request->cut_short || request->too_long) {
    static const char cut[] = "the answer was cut short", longer[] = "the answer is longer than max_response";
    response->outcome = SLIPWAY_HTTP_SENT_NO_ANSWER;
    response->status = 0;
    if (request->too_long) response->error = (slipway_span){(const uint8_t *)longer, sizeof longer - 1};
    else if (response->error.length == 0) response->error = (slipway_span){(const uint8_t *)cut, sizeof cut - 1};
    buffer_free(&request->body);
  }
  response->body = (slipway_span){request->body.bytes, request->body.length};
  response->struct_size = sizeof *response;
}

/* True when the plugin's struct can be used; `copy` gets what this version knows of it. */
static bool request_copy(slipway_http_request *copy, const slipway_http_request *given) {
  if (given == NULL || given->struct_size < sizeof *copy) return false;
  memcpy(copy, given, sizeof *copy);
  if (copy->max_response == 0) copy->max_response = DEFAULT_RESPONSE;
  const slipway_span spans[] = {copy->endpoint, copy->method, copy->path, copy->query, copy->headers, copy->body};
  uint64_t total = sizeof(uint32_t) + sizeof(struct slipway_wire_http);
  for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
    if (spans[i].length > SLIPWAY_WIRE_MAX_MESSAGE || (spans[i].length > 0 && spans[i].bytes == NULL)) return false;
    total += spans[i].length;
  }
  return total <= SLIPWAY_WIRE_MAX_MESSAGE && copy->max_response <= MAX_RESPONSE;
}

/* Puts the request on the wire; the caller holds the call's turn. */
static void request_send(struct call *call, struct request *request, const slipway_http_request *given) {
  struct slipway_wire_http fixed = {
      given->timeout_ms, given->cache_ttl_s, given->max_response, given->on_chunk != NULL,
      (uint32_t)given->endpoint.length, (uint32_t)given->method.length, (uint32_t)given->path.length,
      (uint32_t)given->query.length, (uint32_t)given->headers.length, (uint32_t)given->body.length};
  const struct iovec parts[] = {{&request->id, sizeof request->id},
                                {&fixed, sizeof fixed},
                                {(void *)given->endpoint.bytes, given->endpoint.length},
                                {(void *)given->method.bytes, given->method.length},
                                {(void *)given->path.bytes, given->path.length},
                                {(void *)given->query.bytes, given->query.length},
                                {(void *)given->headers.bytes, given->headers.length},
                                {(void *)given->body.bytes, given->body.length}};
  chain_send(call, SLIPWAY_WIRE_HTTP, parts, sizeof parts / sizeof *parts);
}

int32_t service_http(slipway_call *handle, const slipway_http_request *given, const slipway_http_response **response) {
  slipway_http_request copy;
  if (response == NULL || !request_copy(&copy, given)) return SLIPWAY_STATUS_INVALID;
  struct request *request = allocate(sizeof *request);
  *request = (struct request){.streamed = copy.on_chunk != NULL, .limit = copy.max_response};
  pthread_cond_init(&request->changed, NULL);
  pthread_mutex_lock(&worker_lock);
  struct call *call = call_turn(handle, MAX_REQUESTS - 1);
  if (call == NULL || call_over(call)) {
    if (call != NULL) call_turn_end(call);
    pthread_mutex_unlock(&worker_lock);
    request_free(request);
    return SLIPWAY_STATUS_CLOSED;
  }
  request->id = ++call->last_request;
  call->open_requests++;
  request->next = call->requests;
  call->requests = request;
  pthread_mutex_unlock(&worker_lock);
  request_send(call, request, &copy);
  pthread_mutex_lock(&worker_lock);
  call_turn_end(call);
  receive(call, request, &copy);
  const bool gone = request->gone;
  if (!gone) conclude(request);
  pthread_mutex_unlock(&worker_lock);
  if (gone) {
    request_free(request);
    return SLIPWAY_STATUS_CLOSED;
  }
  *response = &request->response;
  return SLIPWAY_STATUS_OK;
}

void service_http_release(slipway_call *handle, const slipway_http_response *response) {
  if (response == NULL) return;
  pthread_mutex_lock(&worker_lock);
  struct call *call = call_of(handle);
  struct request **link = call != NULL ? &call->requests : NULL;
  while (link != NULL && *link != NULL && &(*link)->response != response) link = &(*link)->next;
  struct request *request = link != NULL ? *link : NULL;
  if (request != NULL && request->response.struct_size != 0) *link = request->next;
  else request = NULL;
  pthread_mutex_unlock(&worker_lock);
  if (request != NULL) request_free(request);
}
