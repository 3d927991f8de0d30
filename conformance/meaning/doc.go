// Package meaning says what a cors.Policy means, in the most naive way
// possible, and draws policies and requests at random. It judges three others
// that never share code with it: the middleware of package cors, the browser of
// package fetch, and real browsers.
//
//   - It is written from the documentation of cors.Policy and the Fetch
//     standard, not from any code: lists are searched, hosts are cut at dots,
//     nothing is compiled.
//   - What would need a real parser, such as whether a header's value is
//     CORS-safelisted, is not computed: requests are drawn from vocabularies
//     that say so for each value.
//   - Everything is drawn from one [rand.Rand], so a seed, or the bytes of a
//     fuzzer, determines a case.
package meaning
