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

// outcome returns what has become of a request, for its span.
func (o *observer) outcome(in *forward.Incoming, r *http.Request) tracing.Outcome {
	out := tracing.Outcome{Status: o.status, Complete: o.complete}
	if rt, ok := in.Owner.(*route); ok {
		out.Route, out.Policy = rt.label, rt.announcedTo(r).name
	}
	return out
}

// statusOf returns the status of the response so far.
func statusOf(in *forward.Incoming) int {
	if observed, ok := in.ResponseWriter.(*observer); ok {
		return observed.status
	}
	return 0
}
