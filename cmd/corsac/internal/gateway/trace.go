package gateway

import (
	"net/http"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/forward"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/tracing"
	"github.com/corsac-dev/corsac/cors"
)

// trace notes a decision in the span of a request.
func trace(t *tracing.Tracer, r *http.Request, d cors.Decision) {
	span := t.Of(r)
	if span == nil {
		return
	}
	verdict := "refused"
	switch {
	case d.Kind == cors.NonCORS:
		verdict = "none"
	case d.Allowed:
		verdict = "allowed"
	}
	span.Decided(kindNames[d.Kind], verdict, d.Reason.String())
}

// outcomeOf returns what has become of a request.
func outcomeOf(in *forward.Incoming, observed *observer, complete bool) tracing.Outcome {
	o := tracing.Outcome{Status: observed.status, Complete: complete}
	if rt, ok := in.Owner.(*route); ok {
		o.Route, o.Policy = rt.host+rt.path, rt.refusal.policy
	}
	return o
}

// statusOf returns the status of the response so far.
func statusOf(in *forward.Incoming) int {
	if observed, ok := in.ResponseWriter.(*observer); ok {
		return observed.status
	}
	return 0
}
