// Package fetch is the browser's side of CORS: given a page, a request that its script makes, and
// what servers answer, it decides what the browser sends, what it lets script see, and what it
// prints on the console.
//
// It is the CORS protocol of the Fetch standard (https://fetch.spec.whatwg.org/#http-cors-protocol)
// with the departures of real browsers, held against recordings of Chromium and Firefox (see
// docs/conformance.md in the repository). It never asks how a server came to its answer.
//
// # Three ways to use it
//
//   - [NewClient] is an http.Client that behaves as script on a page of an origin, over real
//     sockets. Test your API with it as browsers will see it.
//   - [Browser.Fetch] is the decision alone: you bring the network as a [RoundTrip].
//   - [Browser.Replay] decides about a request that was recorded, such as an entry of a HAR file.
//
// All three give an [Outcome] or a [*Error] with everything there is to say: the code, Chrome's,
// Firefox's and Safari's console texts, the requests on the wire, why there was a preflight, which
// headers script can read, and, if asked for, every step with the anchor of the standard's section.
//
// # Rules to know
//
//   - A profile decides where browsers differ. [Chromium], the default, and [Firefox] are proved;
//     [Safari] is read from WebKit's source; [Standard] is the standard alone.
//   - Names and values of headers are bytes. Several lines of one name stay apart until a rule
//     joins them.
//   - A [Browser] remembers preflights, as browsers do, for as long as the answer says, at most
//     2 hours in Chromium, 24 in Firefox, 10 minutes in Safari, and 5 seconds if it does not say.
//   - Local Network Access and mixed content are decided by the address space of the page
//     ([PageConfig].AddressSpace) and of the target; nothing is refused on unknown address spaces.
//   - What is not modelled: bodies, the HTTP cache, service workers, Content-Security-Policy,
//     COEP, opaque response blocking, HTTP authentication, navigation.
//   - Pure code has no I/O, clock or environment: only [Transport] has, and its network is an
//     http.RoundTripper. Everything read from the network is bounded.
package fetch
