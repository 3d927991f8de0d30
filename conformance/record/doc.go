// Package record makes up cases, plays them to a live browser, and records what
// the browser does.
//
//   - [Generate] draws cases from a seed: single requests, redirects, sequences
//     that use the preflight cache, rare statuses and status lines, referrer
//     policies, requests between sites and schemes, and calls that throw. The
//     same seed gives the same cases, so a seed is all that is needed to replay
//     a failure.
//   - [Open] starts a server for them on loopback ports, and [Recorder.Record]
//     makes pages of a headless browser send their requests. Chromium's
//     messages about CORS are read raw from its DevTools protocol, because
//     typed bindings drop error names that they do not know; Firefox's are read
//     from its console service.
//   - The result is in the form of the recordings in conformance/testdata, with
//     their fixed addresses.
//   - [Recorder.Shrink] makes a case smaller as long as it still shows the
//     problem.
//
// A case is tried again only if the machinery failed: a page did not answer, an
// event did not arrive, or the machine was too slow for the lifetimes in the
// case. A decision of the browser is never tried again.
package record
