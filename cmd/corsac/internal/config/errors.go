package config

import (
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/internal/yamlread"
)

// Error is one mistake in a value. Its code is from this package or from
// yamlread, policies or cors.
type Error = yamlread.Error

// The codes of an [Error] about the gateway and corsac dev. They are stable.
const (
	CodeGatewayMissing   = "gateway.missing"        // there is no gateway to serve
	CodeListenInvalid    = "listen.invalid"         // not a TCP address
	CodeRoutesMissing    = "routes.missing"         // a gateway without routes
	CodeRoutePath        = "route.path-invalid"     // not a path prefix
	CodeRouteHost        = "route.host-invalid"     // not a host
	CodeRouteUpstream    = "route.upstream-invalid" // not the URL of an upstream
	CodeRoutePolicy      = "route.policy-unknown"   // there is no such policy
	CodeRouteLoop        = "route.loop"             // the upstream is the gateway itself
	CodeRouteDuplicate   = "route.duplicate"        // another route takes the same requests
	CodeRouteOption      = "route.option-invalid"   // a value of what a route does to requests
	CodeAddressRange     = "address-range.invalid"  // not an address or a range of addresses
	CodeTLSInvalid       = "tls.invalid"            // TLS without certificates, or plain http without TLS
	CodeACMEInvalid      = "acme.invalid"           // what an ACME authority cannot do
	CodeDevInvalid       = "dev.invalid"            // a value of corsac dev
	CodeSizeInvalid      = "size.invalid"           // not a number of bytes
	CodeLimitInvalid     = "limit.invalid"          // a limit that is too low or too high
	CodeProxiesInvalid   = "proxies.invalid"        // trusted proxies that are not addresses, or missing
	CodeAccessLogInvalid = "access-log.invalid"     // an access log without a place, or of unknown requests
	CodeExtProc          = "ext-proc.invalid"       // what Envoy does, or no address for it
)

// found returns an error as a finding. Its cause is the code and, if there is
// one, the reason: origin.invalid/trailing-slash.
func found(e *Error, severity finding.Severity) finding.Finding {
	what := Error{Field: e.Field, Value: e.Value, Why: e.Why}
	cause := e.Code
	if e.Reason != "" {
		cause += "/" + e.Reason
	}
	line, caret := e.Excerpt()
	return finding.Finding{
		Cause: cause, Severity: severity, Confidence: finding.Certain, Title: what.Message(), Why: e.Why, Evidence: []string{},
		Fix:   finding.Fix{Stack: "corsac", Text: e.Fix},
		Place: &finding.Place{File: e.File, Line: e.Line, Column: e.Column, Field: e.Field, Excerpt: line, Caret: len(caret)},
	}
}

// Mistakes returns the errors of a file as findings.
func Mistakes(errs yamlread.Errors) finding.Mistakes {
	list := make(finding.Mistakes, len(errs))
	for i, e := range errs {
		list[i] = found(e, finding.Error)
	}
	return list
}
