// Package probe sends the requests of a check over real sockets and records
// what was sent and received.
//
//   - It sends exactly the requests that it is given: no retries, no redirects,
//     one connection per request. Requests that a browser would not send never
//     get here.
//   - HTTP/1.1 heads are written and read byte for byte: header lines stay in
//     order, and repeated ones stay apart. HTTP/2 uses net/http.
//   - Bodies of responses are not read, except for the first [Probe].KeepBody
//     bytes, for the meta elements of a page.
//   - Everything from the network is bounded: heads by [MaxHead], interim
//     responses by their number, each request by the context and
//     [Network].Timeout.
//   - Failures are *fetch.NetError, with Chromium's names.
package probe
