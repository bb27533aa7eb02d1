#pragma once
// SHA256_CTX is a plain value whose functions cannot fail; OpenSSL 3 marks it deprecated in favour of EVP's heap
// contexts, which can. The functions remain for the whole life of libcrypto.so.3.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
