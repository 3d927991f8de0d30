// Package corstest tests, in one line each, what a browser makes of your
// handler's CORS headers:
//
//	corstest.Allows(t, handler, "https://app.example.com", "PUT /items", corstest.JSON(`{}`), corstest.WithCredentials())
//	corstest.Refuses(t, handler, "https://evil.example", "GET /items")
//
// It looks at no header itself. It makes the request as script on a page of that
// origin would, with the preflight if a browser would send one, and asks the
// browser of package fetch whether script gets to read the response. A test
// therefore holds what matters, in whatever way the handler comes to its headers:
// by package cors, by another middleware, or by hand.
//
// # Rules to know
//
//   - The handler is served in this process by a real http.Server, without sockets.
//     It answers for every host; the requests go to https://api.example.com unless
//     [Server] says otherwise. [Live] is for a server that runs somewhere else.
//   - Test the handler that you serve, with its mux, authentication and error
//     pages: most CORS failures happen outside of the handler that was thought of.
//   - Requests are really made: a PUT that is allowed reaches the handler.
//   - Allowed does not mean successful: script may read a 404 as well. [Status] holds
//     the status.
//   - A failure shows the conversation, the line of the browser's console, and the
//     header that would mend it. It is an Errorf, so the test goes on. A mistake in
//     the call, such as an origin with a slash at its end, is a Fatalf that says
//     what to write instead.
//   - Each call is a browser of its own, without memory of preflights or cookies.
package corstest
