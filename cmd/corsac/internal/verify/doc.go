// Package verify answers whether a deployed server means what a policy says.
//
//   - Each probe is decided twice by the engine of package fetch: against the
//     server, and against the policy's own middleware. Where the two differ, an
//     invariant is broken.
//   - The probes follow from the policy: every form of origin and its near-misses,
//     each method and header, allowed and not.
//   - What is not a decision of browsers, such as Vary, is checked on the
//     conversations.
//   - An invariant is a value in invariants.go. Its text says what the break means
//     to a user or to an attacker.
//   - It sends nothing by itself; see [Verifier].Ask.
package verify
