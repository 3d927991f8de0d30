// Package conformance tests package fetch against recordings of real browsers.
//
// testdata/chromium.jsonl.gz is a recording of Chromium 156. Each line is a
// case (a page, servers, and the requests that script makes) and what the
// browser did with it. testdata/firefox.jsonl.gz is what Firefox ESR 153 did
// with the same cases. [Load] reads them, [Replay] plays a case to a
// fetch.Browser in process, and [Compare] says where the two agree. The test of
// this package checks that the agreement is at least what the project promises,
// and writes docs/conformance.md.
package conformance
