// Package after records what browsers do with a response once its head is
// there: with bodies that break off, with types that a destination cannot have,
// and on pages with an embedder policy. Everything that loads is a destination:
// script, elements, workers.
//
//   - [Generate] draws cases from a seed. The same seed gives the same cases.
//   - [Site] serves them, byte by byte, and the page that loads them.
//   - [Chromium] and [Firefox] make a live browser load them.
//   - [Judge] compares what a browser did with what package fetch decides, and
//     [Measure] counts.
//
// The recordings are testdata/after-chromium.json.gz and after-firefox.json.gz
// of package conformance. A test replays them; another records anew and
// compares.
package after
