/* ballast.c: echo.c with bytes that nobody reads, 5 MB unless told otherwise; BUILD makes files differ. */
#include "echo.c"

#ifndef BALLAST
#define BALLAST 5000000
#endif
extern const unsigned char ballast[BALLAST];
__attribute__((used)) const unsigned char ballast[BALLAST] = {1, BUILD};
