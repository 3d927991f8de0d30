// Package schema checks snippets of stacks that corsac cannot start against what
// their makers publish: the types and validators of Envoy, Istio, the Gateway
// API and AWS. It is a module of its own, so that the program does not require
// them.
package schema
