// Package record makes cases up, plays them to a live browser, and writes down what it did.
//
//   - [Generate] draws cases from a seed: single requests, redirects, sequences that use the preflight
//     cache. The same seed gives the same cases, so a seed is all that a failure needs to be replayed.
//   - [Open] starts a server for them on loopback ports, and [Recorder.Record] lets pages of a headless
//     Chromium make their requests. What Chromium says of CORS is read from its DevTools protocol raw,
//     since typed bindings drop the error names that they do not know.
//   - The result is in the form of the recordings in conformance/testdata, with their fixed addresses.
//   - [Recorder.Shrink] makes a case smaller as long as something stays wrong with it.
//
// A case is tried again only when the machinery failed: a page that did not answer, an event that did
// not come, a machine too slow for the lifetimes in the case. What a browser decided is never asked
// twice.
package record
