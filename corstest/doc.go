// Package corstest tests, in one line each, how a browser handles your
// handler's CORS headers:
//
//	corstest.Allows(t, handler, "https://app.example.com", "PUT /items", corstest.JSON(`{}`), corstest.WithCredentials())
//	corstest.Refuses(t, handler, "https://evil.example", "GET /items")
//
// It does not compare headers. It makes the request as script on a page of that
// origin would, with a preflight if a browser would send one, and asks the
// browser of package fetch whether script may read the response. So a test
// checks what matters, however the handler sets its headers: with package cors,
// with another middleware, or by hand.
//
// # Operating rules
//
//   - Test the handler that you serve, with its mux, authentication and error
//     pages. Most CORS failures happen outside the handler that you have in
//     mind.
//   - The handler is served in this process by a real http.Server, without
//     sockets. It serves every host; requests go to https://api.example.com
//     unless [Server] says otherwise. Use [Live] to test a server that runs
//     elsewhere.
//   - Requests are really made: a PUT that is allowed reaches the handler.
//   - Allowed does not mean successful: script may read a 404 too. Use [Status]
//     to check the status.
//   - A failure shows the conversation, the line on the browser's console, and
//     the header that would fix it. It is reported with Errorf, so the test
//     continues. A mistake in the call, such as an origin with a slash at its
//     end, is reported with Fatalf, and the message says what to write instead.
//   - Each call uses a new browser, which remembers no preflights and has no
//     cookies.
package corstest
