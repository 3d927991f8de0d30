// Package live holds real pages in a real browser against what a policy means: random policies, behind
// the middleware of package cors and behind the program's gateway, and random requests of pages on
// several origins. What a page could read must be what package meaning says of the policy.
package live
