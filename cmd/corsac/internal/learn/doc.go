// Package learn derives a policy from traffic: the tightest one that allows what
// was observed.
//
//   - A [Learner] takes requests one at a time, from recordings ([AddHAR]), logs
//     ([ReadLog]) or a proxy, and can give its result at any time.
//   - What a request needs is decided by the engine of package fetch: it is asked
//     which preflight it would send.
//   - An origin that looks wrong is not allowed but listed for review, with the
//     reason. Nothing is allowed that was not seen.
//   - It is pure, and bounded: it remembers so many servers, origins, methods and
//     headers, and counts what it had to leave out.
package learn
