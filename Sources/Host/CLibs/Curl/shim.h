// libcurl, with plain functions in place of its variadic ones, which Swift cannot call.
#pragma once
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

static inline CURLcode slipway_curl_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}
// libcurl copies the text, except for CURLOPT_POSTFIELDS.
static inline CURLcode slipway_curl_text(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}
// libcurl keeps the pointer: it must live as long as the transfer.
static inline CURLcode slipway_curl_pointer(CURL *handle, CURLoption option, void *value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode slipway_curl_urlapi(CURL *handle, CURLU *url) {
  return curl_easy_setopt(handle, CURLOPT_CURLU, url);
}
static inline CURLcode slipway_curl_headers(CURL *handle, struct curl_slist *list) {
  return curl_easy_setopt(handle, CURLOPT_HTTPHEADER, list);
}
static inline CURLcode slipway_curl_post_size(CURL *handle, curl_off_t size) {
  return curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, size);
}
static inline CURLcode slipway_curl_on_header(CURL *handle, curl_write_callback callback, void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, callback);
  return code ? code : curl_easy_setopt(handle, CURLOPT_HEADERDATA, context);
}
static inline CURLcode slipway_curl_on_body(CURL *handle, curl_write_callback callback, void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, callback);
  return code ? code : curl_easy_setopt(handle, CURLOPT_WRITEDATA, context);
}
static inline CURLcode slipway_curl_on_socket(CURL *handle, curl_opensocket_callback callback, void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, callback);
  return code ? code : curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, context);
}
static inline CURLcode slipway_curl_on_request(CURL *handle, curl_prereq_callback callback, void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, callback);
  return code ? code : curl_easy_setopt(handle, CURLOPT_PREREQDATA, context);
}
static inline CURLcode slipway_curl_recipients(CURL *handle, struct curl_slist *list) {
  return curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, list);
}
static inline CURLcode slipway_curl_upload_size(CURL *handle, curl_off_t size) {
  return curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE, size);
}
static inline CURLcode slipway_curl_on_read(CURL *handle, curl_read_callback callback, void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_READFUNCTION, callback);
  return code ? code : curl_easy_setopt(handle, CURLOPT_READDATA, context);
}
static inline CURLcode slipway_curl_on_progress(CURL *handle, curl_xferinfo_callback callback, void *context) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, callback);
  return code ? code : curl_easy_setopt(handle, CURLOPT_XFERINFODATA, context);
}
static inline CURLcode slipway_curl_http_version(CURL *handle, int two_over_tls) {
  return curl_easy_setopt(
      handle, CURLOPT_HTTP_VERSION, (long)(two_over_tls ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
}
static inline CURLcode slipway_curl_tls_at_least_1_2(CURL *handle) {
  return curl_easy_setopt(handle, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
}
// -1 where libcurl does not know.
static inline long slipway_curl_info_long(CURL *handle, CURLINFO info) {
  long value = 0;
  return curl_easy_getinfo(handle, info, &value) == CURLE_OK ? value : -1;
}
// 10, 11, 20 or 30; 0 where no answer came.
static inline int slipway_curl_info_http_version(CURL *handle) {
  switch (slipway_curl_info_long(handle, CURLINFO_HTTP_VERSION)) {
  case CURL_HTTP_VERSION_1_0: return 10;
  case CURL_HTTP_VERSION_1_1: return 11;
  case CURL_HTTP_VERSION_2_0: return 20;
  case CURL_HTTP_VERSION_3: return 30;
  default: return 0;
  }
}
static inline CURLMcode slipway_curl_multi_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}
