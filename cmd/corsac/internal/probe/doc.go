// Package probe sends the requests of a check over real sockets, and keeps what
// was said.
//
//   - It sends what it is told to and nothing else: no retries, no redirects, no
//     connection is used twice. What a browser would not send never gets here.
//   - Heads of HTTP/1.1 are written and read as they are, byte for byte: header
//     lines in order, repeated ones apart. HTTP/2 is spoken through net/http.
//   - Bodies of responses are not read, except the beginning of a page's document, for
//     its meta elements.
//   - Everything from the network is bounded: the head by [MaxHead], interim
//     responses by number, each step by the context and [Network].Timeout.
//   - Failures are *fetch.NetError, named as Chromium names them.
package probe
