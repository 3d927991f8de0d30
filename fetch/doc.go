// Package fetch is the browser's side of CORS: given a page, a request that its
// script makes, and the responses of servers, it decides what the browser
// sends, what script gets to see, and what the console says.
//
// It implements the CORS protocol of the Fetch standard
// (https://fetch.spec.whatwg.org/#http-cors-protocol) with the departures of
// real browsers, and is tested against recordings of Chromium and Firefox
// (docs/conformance.md in the repository). It looks only at what is on the
// wire, never at how a server made its response.
//
// # Three ways to use it
//
//   - [NewClient] returns an http.Client that behaves as script on a page does,
//     over real sockets. Use it to test an API as browsers will see it.
//   - [Browser.Fetch] only decides; you bring the network, as a [RoundTrip].
//   - [Browser.Replay] decides about a recorded request, such as an entry of a
//     HAR file.
//
// All three give an [Outcome] or an [*Error]. These have the error code, the
// console texts of Chrome, Firefox and Safari, the requests on the wire, why
// there was a preflight, which headers script can read and, on request, every
// step with a link to its section of the standard.
//
// # Operating rules
//
//   - Choose a [Profile] where browsers differ. [Chromium], the default, and
//     [Firefox] are tested against recordings; [Safari] follows WebKit's source
//     and is not tested against a Safari; [Standard] is the standard alone.
//   - Use one [Browser] or [Transport] per browser that you mean. It remembers
//     preflights, as browsers do, for as long as Access-Control-Max-Age says,
//     and at most 2 hours in Chromium, 24 hours in Firefox and 10 minutes in
//     Safari. Without that header it remembers them for 5 seconds.
//   - Header names and values are bytes. Lines that share a name stay apart
//     until a rule joins them.
//   - Set [PageConfig].AddressSpace to have Local Network Access and mixed
//     content checked; they depend on the address spaces of the page and of the
//     target. An unknown address space is never refused.
//   - What comes after the headers counts if you say what it was: set
//     [WireResponse].Body to have bodies that break off and opaque response
//     blocking decided, and [PageConfig].EmbedderPolicy for the page's
//     Cross-Origin-Embedder-Policy. A body that is not known counts as whole,
//     and as no kind of data.
//   - Do not expect these, which are not modelled: what a body contains (a
//     broken image, a syntax error), the HTTP cache, service workers between a
//     page and its servers, Content-Security-Policy, HTTP authentication and
//     navigation.
//   - Only [Transport] does I/O. Everything that it reads from the network is
//     bounded.
package fetch
