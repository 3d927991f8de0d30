// Package meaning says what a cors.Policy means, in the most naive way there is, and draws policies
// and requests at random. It is the judge between three others that never share code with it: the
// middleware of package cors, the browser of package fetch, and real browsers.
//
//   - It is written from the documentation of cors.Policy and of the Fetch standard, not from
//     anybody's code: lists are searched, hosts are cut at dots, nothing is compiled.
//   - What needs a parser in earnest, such as whether a header's value is CORS-safelisted, is not
//     computed: requests are drawn from vocabularies in which it stands beside each value.
//   - Everything is drawn from one [rand.Rand], so that a seed, or the bytes of a fuzzer, is a case.
package meaning
